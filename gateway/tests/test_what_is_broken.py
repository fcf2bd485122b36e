"""Every command, with a configuration or a state that cannot be used: a sentence each with what to do, in no words of Python."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.command.cli import app
from gateway.command.cli_errors import DEFAULT_CONFIG, with_config
from gateway.identity import read_answer
from gateway.identity_file import save
from hil_tests.stand_in_fleet.fleet import StandInFleet

COMMANDS = ["run", "status", "inspect", "export", "backup", "doctor", "resend --from 2027-01-15T08:00Z", "enrol --code CODE"]


def told(command: str, config: Path) -> tuple[int, str]:
    ended = CliRunner().invoke(app, [*command.split(), "--config", str(config)])
    assert isinstance(ended.exception, SystemExit), ended.exception
    assert "Errno" not in ended.output and "Traceback" not in ended.output and "codec" not in ended.output
    return ended.exit_code, " ".join(ended.output.split())


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: None, "no such file; --config names another"),
        (Path.mkdir, "Is a directory -> --config names another file"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "no text in UTF-8 -> "),
        (lambda path: path.write_text("[fleet\nurl"), "(at line 1, column 7) -> correct it there"),
        (lambda path: path.write_text("x = " + "[" * 10_000), "lists within lists"),
        (lambda path: path.write_text('[gateway]\nx = 1\n[fleet]\nurl = "ftp://x"\n'), "3 fault(s)"),
    ],
    ids=["absent", "folder", "bytes", "torn", "nested", "values"],
)
def test_a_configuration_that_cannot_be_used(command: str, make: Callable[[Path], object], says: str, tmp_path: Path) -> None:
    config = tmp_path / "gateway.toml"
    make(config)
    code, text = told(command, config)
    assert (code, says in text) == (2, True), text


@pytest.mark.parametrize("command", [command for command in COMMANDS if command != "doctor"])
def test_a_state_that_is_no_folder(command: str, tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    config = tmp_path / "gateway.toml"
    config.write_text(f'[gateway]\nstate = "{tmp_path}/state"\n[fleet]\nurl = "http://127.0.0.1:9"\n')
    code, text = told(command, config)
    assert (code, "not a folder -> move it away, or correct [gateway] state" in text) == (1, True), text


@pytest.mark.parametrize("command", ["inspect", "export", "resend --from 2027-01-15T08:00Z"])
def test_a_buffer_that_is_damaged(command: str, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    (state / "buffer.sqlite").write_text("no database at all, and long enough to be read as the header of one of them, a hundred bytes" * 3)
    config = tmp_path / "gateway.toml"
    config.write_text(f'[gateway]\nstate = "{state}"\n[fleet]\nurl = "http://127.0.0.1:9"\n')
    code, text = told(command, config)
    assert (code, "file is not a database -> " in text) == (1, True), text


@pytest.mark.parametrize("command", ["run", "backup"])
def test_an_identity_that_is_damaged(command: str, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    (state / "identity.json").write_text('{"gateway"')
    (state / "identity.json").chmod(0o600)
    config = tmp_path / "gateway.toml"
    config.write_text(f'[gateway]\nstate = "{state}"\n[fleet]\nurl = "http://127.0.0.1:9"\n')
    code, text = told(command, config)
    advice = f"ask an administrator for a new code, then: airgrid-gateway enrol --code CODE --config {config} --again"
    assert (code, f"identity.json: damaged -> {advice}" in text) == (1, True), text
    code, text = told("doctor", config)
    assert (code, f"identity.json: damaged -> {advice}" in text) == (1, True), text


def _enrolled(folder: Path) -> Path:
    state = folder / "state"
    state.mkdir(mode=0o700)
    save(state, read_answer(StandInFleet().identity_bytes()))
    config = folder / "gateway.toml"
    config.write_text(f'[gateway]\nstate = "{state}"\n[fleet]\nurl = "http://127.0.0.1:9"\n')
    return config


def test_a_backup_of_a_damaged_buffer_says_what_to_do(tmp_path: Path) -> None:
    config = _enrolled(tmp_path)
    (tmp_path / "state" / "buffer.sqlite").write_bytes(b"no database at all, and long enough for a header" * 30)
    code, text = told(f"backup {tmp_path}/copy.tar", config)
    assert code == 1 and "buffer.sqlite: it is damaged" in text and "nothing was written -> " in text, text
    assert f"what to do: airgrid-gateway doctor --config {config}" in text
    assert not (tmp_path / "copy.tar").exists()


def test_a_backup_into_a_folder_that_is_not_there_names_it(tmp_path: Path) -> None:
    code, text = told(f"backup {tmp_path}/usb/copy.tar", _enrolled(tmp_path))
    assert (code, f"{tmp_path}/usb: no such folder; nothing was written -> make it" in text) == (1, True), text


@pytest.mark.parametrize(
    "text", ["airgrid-gateway inspect shows it", "then: airgrid-gateway enrol --code CODE --again", "`airgrid-gateway doctor` says"]
)
def test_a_command_that_is_advised_has_the_configuration_of_the_one_that_advises_it(text: str) -> None:
    shown = with_config(text, Path("/a/b.toml"))
    assert shown.count(" --config /a/b.toml") == 1 and shown.replace(" --config /a/b.toml", "") == text
    assert with_config(text, DEFAULT_CONFIG) == text


def test_the_help_names_the_exit_codes() -> None:
    assert "Exit codes: 0 done, 1 a fault" in " ".join(CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).output.split())
