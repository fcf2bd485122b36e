"""Every command, with a configuration or a state that cannot be used: a sentence each with what to do, in no words of Python."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.command.cli import app

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
    assert (code, "identity.json: unreadable" in text, "enrol again" in text) == (1, True, True), text
