"""Runs a program's module with its time handed in: every clock of the process, and so every wait of its loop, is the world's plus what
the bench has added. Each SIGUSR1 adds a step; a byte on standard output says that it has been added.

python -m hil_tests.fake_time_program STEP_S gateway.command.service gateway.toml
"""

import os
import runpy
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

NS = 1_000_000_000


class TurnedTime:
    """Sets the clocks of the module time, before anybody has read them."""

    def __init__(self, step_s: int) -> None:
        self._step_s = step_s
        self._ahead_s = 0
        for name, unit in (("time", 1), ("monotonic", 1), ("time_ns", NS), ("monotonic_ns", NS)):
            setattr(time, name, self._turned(getattr(time, name), unit))

    def step(self, number: int, frame: FrameType | None) -> None:
        self._ahead_s += self._step_s
        os.write(1, b".")

    def _turned(self, world: Callable[[], Any], unit: int) -> Callable[[], Any]:
        return lambda: world() + self._ahead_s * unit


def main() -> None:
    step_s, module = int(sys.argv[1]), sys.argv[2]
    del sys.argv[1:3]
    signal.signal(signal.SIGUSR1, TurnedTime(step_s).step)
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
