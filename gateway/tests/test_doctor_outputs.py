"""What the doctor says of outputs and hooks, before an alarm needs them, and that each fault comes with what to do."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from gateway.doctor_outputs import hook_findings, output_findings

SELF = os.geteuid()
NOBODY = 65534
as_root = pytest.mark.skipif(SELF != 0, reason="only root gives files to others")


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """An own folder in which this process is nobody special for a while, also where root runs the tests."""
    with TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "siren").write_text("0")
        (path / "siren").chmod(0o444)
        (path / "gpiochip0").write_text("")
        (path / "gpiochip0").chmod(0)
        path.chmod(0o755)
        if SELF == 0:
            os.setresuid(NOBODY, NOBODY, 0)
        yield path
        if SELF == 0:
            os.setresuid(0, 0, 0)


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
    assert "pip install lgpio" in bare.advice


def test_pins_of_others_are_a_fault(as_nobody: Path) -> None:
    (found,) = output_findings({"siren": "gpio:17"}, as_nobody, lambda: True)
    assert "may not be opened" in found.text and "usermod" in found.advice


def test_a_file_needs_a_folder_that_is_there(tmp_path: Path) -> None:
    words = {"there": f"file:{tmp_path}/siren", "none": f"file:{tmp_path}/none/siren", "folder": f"file:{tmp_path}"}
    found = {finding.subject: finding for finding in output_findings(words)}
    assert [finding.well for finding in found.values()] == [True, False, False]
    assert f"make {tmp_path}/none" in found["output none"].advice
    assert not (tmp_path / "siren").exists(), "nothing is switched"


def test_a_file_that_may_not_be_written_is_a_fault(as_nobody: Path) -> None:
    (found,) = output_findings({"siren": f"file:{as_nobody}/siren"})
    assert not found.well and "may not be written" in found.text
