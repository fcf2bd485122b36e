"""What `airgrid-gateway install` writes: complete, twice the same, kept where people write, and with the modes that it promises."""

import shlex
import sys
import tomllib
from pathlib import Path, PurePosixPath

import pytest
from typer.testing import CliRunner

from gateway import configuration
from gateway.command.cli import app
from gateway.installation.install_plan import BROKER_FOLDER, CONFIGURATION, STATE, Choices, Command, File, Folder, faults, plan
from gateway.installation.install_run import DONE, KEPT, LEFT, SAME, run_steps

CHOICES = Choices(
    PurePosixPath("/opt/airgrid/bin/airgrid-gateway"), "https://fleet.example", ("dialout", "gpio"), "0123456789abcdef", "246810"
)


def _outcomes(root: Path) -> dict[str, str]:
    return {str(step.path): outcome for step, outcome in run_steps(plan(CHOICES), root) if not isinstance(step, Command)}


def _below(root: Path, path: PurePosixPath) -> Path:
    return root / path.relative_to("/")


def test_the_first_time_everything_is_made_and_the_second_time_nothing_changes(tmp_path: Path) -> None:
    first, second = _outcomes(tmp_path), _outcomes(tmp_path)
    assert set(first.values()) == {DONE}
    assert set(second.values()) == {SAME, KEPT}


def test_nothing_is_run_below_another_root(tmp_path: Path) -> None:
    assert {outcome for step, outcome in run_steps(plan(CHOICES), tmp_path) if isinstance(step, Command)} == {LEFT}


def test_the_configuration_that_it_writes_is_valid_and_names_the_same_places(tmp_path: Path) -> None:
    _outcomes(tmp_path)
    made = configuration.validate(tomllib.loads(_below(tmp_path, CONFIGURATION).read_text()))
    assert made.state == Path(STATE)
    assert (made.fleet.url, made.mqtt.access_folder, made.web.pin) == ("https://fleet.example", str(BROKER_FOLDER), "246810")


def test_what_people_edited_stays_and_what_they_damaged_is_mended(tmp_path: Path) -> None:
    _outcomes(tmp_path)
    edited, unit = _below(tmp_path, CONFIGURATION), tmp_path / "etc/systemd/system/airgrid-gateway.service"
    edited.write_text("# mine")
    unit.write_text("[Service]")
    edited.chmod(0o644)
    again = _outcomes(tmp_path)
    assert edited.read_text() == "# mine"
    assert again["/etc/systemd/system/airgrid-gateway.service"] == DONE and "WatchdogSec" in unit.read_text()
    assert edited.stat().st_mode & 0o777 == 0o640, "others could read the password again"


@pytest.mark.parametrize("step", [s for s in plan(CHOICES) if isinstance(s, File | Folder)], ids=lambda step: str(step.path))
def test_every_file_and_folder_has_its_mode(step: File | Folder, tmp_path: Path) -> None:
    _outcomes(tmp_path)
    assert _below(tmp_path, step.path).stat().st_mode & 0o7777 == step.mode


def test_no_secret_is_readable_by_everybody() -> None:
    secret = (CHOICES.broker_password, CHOICES.pin)
    open_files = [s for s in plan(CHOICES) if isinstance(s, File) and s.mode & 0o007]
    assert not [str(step.path) for step in open_files if any(word in step.content for word in secret)]


def test_no_placeholder_is_left() -> None:
    assert not [str(s.path) for s in plan(CHOICES) if isinstance(s, File) and ("{" in s.content or "}" in s.content)]


@pytest.mark.parametrize(("program", "good"), [("/opt/a/bin/x", True), ("/home/pi/x", False), ("/root/x", False), ("/usr/bin/x", True)])
def test_a_program_that_the_service_could_not_see_is_refused_with_advice(program: str, good: bool) -> None:
    found = faults(Choices(PurePosixPath(program), "https://f", (), "p", "1234"))
    assert (found == []) == good
    assert good or "/opt/airgrid" in found[0]


def _install(*options: str) -> str:
    ended = CliRunner().invoke(app, ["install", "--fleet", "https://fleet.example", *options])
    assert ended.exit_code == 0, ended.output
    return ended.output


def test_a_dry_run_says_of_each_step_what_it_is_and_what_for(tmp_path: Path) -> None:
    said = _install("--dry-run", "--root", str(tmp_path))
    lines = said.splitlines()[1:]
    assert len(lines) == 2 * len(plan(CHOICES)), "two lines a step"
    assert {line.split()[0] for line in lines[::2]} == {"run", "folder", "write", "keep"}
    assert all(step.why in said for step in plan(CHOICES))
    assert f"write   {BROKER_FOLDER}/access  (airgrid:mosquitto, 0640)" in said
    assert list(tmp_path.iterdir()) == [], "nothing is changed"


def test_below_another_root_the_commands_are_said_that_the_machine_has_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/opt/airgrid/bin/python")  # wherever this checkout lies
    said = _install("--root", str(tmp_path))
    commands = [step for step in plan(CHOICES) if isinstance(step, Command)]
    left = said.split("as root, in this order:\n")[1].splitlines()[: len(commands)]
    assert left[1] == (
        "  id -u airgrid || useradd --system --home-dir /var/lib/airgrid-gateway --shell /usr/sbin/nologin --user-group airgrid"
    )
    assert all(shlex.join(command.words) in line for command, line in zip(commands, left, strict=True))
