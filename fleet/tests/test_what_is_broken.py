"""The command at its outer edge: a database, a folder or a file that cannot be used is a sentence with what to do, never a trace."""

import sys
from pathlib import Path

import pytest

from fleet.cli import main

NO_DATABASE = b"no database at all, and long enough to be read as the header of one of them, a hundred bytes" * 3


def told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["airgrid-fleet", *arguments])
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main()
    text = capsys.readouterr().err
    assert "Errno" not in text and "sqlalche" not in text
    return int(ended.value.code or 0), text


@pytest.fixture
def state(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Path:
    assert told(capsys, monkeypatch, "init", "--state", str(tmp_path / "state"))[0] == 0
    return tmp_path / "state"


@pytest.mark.parametrize("command", ["run", "init", "token list", "token create ada", "token revoke ada"])
def test_a_damaged_database(command: str, state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    (state / "fleet.sqlite").write_bytes(NO_DATABASE)
    code, text = told(capsys, monkeypatch, *command.split(), "--state", str(state))
    assert code == 1 and text.endswith("the database cannot be used: file is not a database -> airgrid-fleet doctor says what to do\n")


@pytest.mark.parametrize("db", ["sqlite:////nowhere/x.sqlite", "postgresql+psycopg://127.0.0.1:1/x"])
def test_a_database_that_is_not_there(db: str, state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code, text = told(capsys, monkeypatch, "token", "list", "--state", str(state), "--db", db)
    assert code == 1 and "the database cannot be used: " in text and "airgrid-fleet doctor" in text


@pytest.mark.parametrize("place", ["file", "file/state", "/proc/state"])
def test_a_state_folder_that_cannot_be_made(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    code, text = told(capsys, monkeypatch, "init", "--state", str(tmp_path / place))
    assert code == 1 and " -> " in text and str(tmp_path / place) in text


@pytest.mark.parametrize(("content", "says"), [(None, "Is a directory -> "), (b"\xff", "no text in UTF-8 -> ")], ids=["folder", "bytes"])
def test_a_file_of_options_that_cannot_be_read(
    content: bytes | None, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "fleet.env"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    for command in ("run", "doctor", "init"):
        code, text = told(capsys, monkeypatch, command, "--config", str(file))
        assert code == 2 and says in text
