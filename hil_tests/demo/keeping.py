"""Keeps the programs of the demo alive: what was killed, or stands still for long, is started again, with a line about it."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from hil_tests.processes import Program

# As long as somebody may want to watch how the others get on without it.
PATIENCE_S = 30.0


class Keeper:
    """`programs`: by the name that people are shown."""

    def __init__(self, programs: Mapping[str, Program], say: Callable[[str], None]) -> None:
        self._programs = programs
        self._say = say
        self._stopped_at: dict[str, float] = {}

    def look(self) -> None:
        for name, program in self._programs.items():
            if not program.running:
                self._say(f"[yellow]{name} was ended ({program.end()}); it is started again[/yellow]")
                self._again(name, program)
            elif _stands_still(program.pid):
                self._stands_still(name, program)
            elif self._stopped_at.pop(name, None) is not None:
                self._say(f"{name} runs on")

    def _stands_still(self, name: str, program: Program) -> None:
        now_s = time.monotonic()
        if name not in self._stopped_at:
            self._stopped_at[name] = now_s
            self._say(f"[yellow]{name} was stopped (SIGSTOP); unless it goes on, it is started again in {PATIENCE_S:.0f} s[/yellow]")
        elif now_s - self._stopped_at[name] > PATIENCE_S:
            program.kill()
            self._say(f"[yellow]{name} stood still for {PATIENCE_S:.0f} s; it is started again[/yellow]")
            self._again(name, program)

    def _again(self, name: str, program: Program) -> None:
        self._stopped_at.pop(name, None)
        program.start()


def _stands_still(pid: int) -> bool:
    # proc(5): the state is the first word behind the name, which is in brackets and may contain any.
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "Tt"
    except (OSError, IndexError):
        return False
