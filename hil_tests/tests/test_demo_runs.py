"""The demo as a newcomer runs it: what it prints works when it is pasted, and a part that is killed costs a line."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hil_tests.processes import wait_until
from hil_tests.source_tree import CHECKOUT

pytestmark = pytest.mark.hil

SECONDS = 100


class Demo:
    def __init__(self, folder: Path) -> None:
        self._log = folder / "demo.log"
        variables = {**os.environ, "DEMO_SECONDS": str(SECONDS), "TMPDIR": str(folder), "COLUMNS": "400"}
        with self._log.open("wb") as log:
            self.process = subprocess.Popen([sys.executable, "-m", "hil_tests.demo"], cwd=CHECKOUT, stdout=log, stderr=log, env=variables)

    def said(self) -> str:
        return self._log.read_text(errors="replace")

    def says(self, text: str, within_s: float = 60) -> None:
        wait_until(lambda: text in self.said() or self.process.poll() is not None, within_s=within_s, what=f"{text!r} in\n{self.said()}")
        assert text in self.said(), self.said()

    def commands(self, word: str) -> list[str]:
        """Of those that it prints to be pasted, the ones that begin with this word."""
        return re.findall(rf"^    ({word} .*)$", self.said(), re.MULTILINE)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    made = Demo(tmp_path)
    yield made
    if made.process.poll() is None:
        made.process.terminate()
    made.process.wait(60)


def paste(command: str) -> str:
    return subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout


def children(pid: int, program: str) -> list[int]:
    found = subprocess.run(["ps", "--ppid", str(pid), "-o", "pid=,args="], capture_output=True, text=True, check=True).stdout
    return [int(line.split()[0]) for line in found.splitlines() if program in line]


def test_what_the_demo_prints_works_and_a_killed_part_costs_a_line(demo: Demo) -> None:
    demo.says("Ends by itself", within_s=120)  # the last line of what it prints at once
    read, change = demo.commands("curl")
    raise_smoke, cut = demo.commands("touch")
    clear_smoke, mend = demo.commands("rm")
    paste(raise_smoke)
    paste(cut)
    demo.says("is cut, by your file")
    assert '"node":' in paste(read).replace(" ", "")
    assert json.loads(paste(change))["version"] > 1
    demo.says("east-2: your change of its settings is seen")
    demo.says("it reaches the node once the line of gw-east-gate is mended")
    paste(mend)
    demo.says("east-2: the node confirms your settings")
    demo.says("has delivered what it kept")
    demo.says("smoke at river-1 rises, by your file")
    demo.says("ALARM smoke")
    (fleet,) = children(demo.process.pid, "airgrid-fleet")
    os.kill(fleet, signal.SIGKILL)
    demo.says("the fleet service was ended (SIGKILL); it is started again")
    (gateway, *_) = children(demo.process.pid, "gateway.command.service")
    os.kill(gateway, signal.SIGKILL)
    demo.says("was ended (SIGKILL)")
    paste(clear_smoke)
    demo.says("has ended", within_s=SECONDS)
    assert demo.process.wait(2 * SECONDS) == 0, demo.said()
    assert "Traceback" not in demo.said()
    assert "river-2: your change" not in demo.said()  # that was the demo
