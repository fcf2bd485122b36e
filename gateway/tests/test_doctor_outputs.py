"""What the doctor says of outputs and hooks, before an alarm needs them, and that each fault comes with what to do."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.command.doctor_outputs import hook_findings, output_findings

SELF = os.geteuid()
as_root = pytest.mark.skipif(SELF != 0, reason="only root gives files to others")


# To root the kernel refuses nothing: without its capabilities (util-linux) it is a user like others.
WITHOUT_POWERS = ("setpriv", "--bounding-set", "-all", "--inh-caps", "-all") if SELF == 0 else ()
LOOK = """
import pathlib, sys
from gateway.command.doctor_outputs import output_findings
for found in output_findings({"siren": sys.argv[1]}, pathlib.Path(sys.argv[2]), lambda: True):
    print(found.well, found.text, found.advice)
"""


def _without_powers(output: str, devices: Path) -> str:
    """What the doctor says of an output to a user who may not do everything."""
    command = [*WITHOUT_POWERS, sys.executable, "-c", LOOK, output, str(devices)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _program(path: Path, mode: int = 0o755) -> str:
    path.write_text("#!/bin/sh\n")
    path.chmod(mode)
    return str(path)


def _given_away(path: Path) -> str:
    program = _program(path)
    os.chown(program, 12345, -1)
    return program


# name: (how the program is made, a word of what is wrong or "" for nothing, a word of what to do)
HOOKS: dict[str, tuple[Callable[[Path], str], str, str]] = {
    "as it should be": (_program, "", ""),
    "not there": (str, "no such program", "[hooks]"),
    "a folder": (lambda path: str(path.parent), "no such program", "[hooks]"),
    "that may not be run": (lambda path: _program(path, 0o644), "may not be run", "chmod a+x"),
    "that everybody may change": (lambda path: _program(path, 0o757), "others may change it (mode 0757)", "chmod go-w"),
    "that a group may change": (lambda path: _program(path, 0o775), "others may change it (mode 0775)", "chmod go-w"),
    "of the system": (lambda path: "/bin/sh", "", ""),
}


@pytest.mark.parametrize(("made", "wrong", "advice"), HOOKS.values(), ids=HOOKS.keys())
def test_a_hook_is_well_only_when_the_gateway_may_run_it_and_nobody_else_may_change_it(
    tmp_path: Path, made: Callable[[Path], str], wrong: str, advice: str
) -> None:
    (found,) = hook_findings({"call": made(tmp_path / "call")}, SELF)
    assert (found.subject, found.well) == ("hook call", not wrong)
    assert wrong in found.text and advice in found.advice


@as_root
def test_a_hook_of_somebody_else_is_a_fault_and_one_of_the_gateways_own_user_is_not(tmp_path: Path) -> None:
    program = _given_away(tmp_path / "call")
    (found,) = hook_findings({"call": program}, SELF)
    assert "belongs to user 12345" in found.text and found.advice == f"chown root {program}"
    assert hook_findings({"call": program}, 12345)[0].well


def test_a_pin_needs_a_board_and_a_library(tmp_path: Path) -> None:
    outputs = {"siren": "gpio:17:low"}
    (without,) = output_findings(outputs, tmp_path, lambda: True)
    assert "no pins" in without.text and "file:" in without.advice
    (tmp_path / "gpiochip0").write_text("")
    assert output_findings(outputs, tmp_path, lambda: True)[0].well
    (bare,) = output_findings(outputs, tmp_path, lambda: False)
    assert "python3-lgpio" in bare.advice and "pip install" not in bare.advice


def test_pins_of_others_are_a_fault(tmp_path: Path) -> None:
    (tmp_path / "gpiochip0").write_text("")
    (tmp_path / "gpiochip0").chmod(0)
    said = _without_powers("gpio:17", tmp_path)
    assert said.startswith("False") and "may not be opened" in said and "usermod" in said


def test_a_file_needs_a_folder_that_is_there(tmp_path: Path) -> None:
    words = {"there": f"file:{tmp_path}/siren", "none": f"file:{tmp_path}/none/siren", "folder": f"file:{tmp_path}"}
    found = {finding.subject: finding for finding in output_findings(words)}
    assert [finding.well for finding in found.values()] == [True, False, False]
    assert f"make {tmp_path}/none" in found["output none"].advice
    assert not (tmp_path / "siren").exists(), "nothing is switched"


def test_a_file_that_may_not_be_written_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "siren").write_text("0")
    (tmp_path / "siren").chmod(0o444)
    said = _without_powers(f"file:{tmp_path}/siren", tmp_path)
    assert said.startswith("False") and "may not be written" in said
