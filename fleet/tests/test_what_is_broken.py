"""The commands at their outer edge: a state, a record or a machine that is not as it should be is one sentence with what to do, an exit
code as the help has it, and never a trace."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from fleet.cli import main
from fleet.configuration.signing import KEY_FILE
from fleet.tests.broken_states import BROKEN, COMMANDS, RESTORE, damage_bytes, record
from host.tests.another_user import AS_ANOTHER_USER
from host.tests.test_copies_room import no_file_beyond

# Words of other programs, which tell people nothing.
_FOREIGN = re.compile(r"Errno|sqlalche|sqlite3\.|psycopg\.|alembic|Traceback|pydantic|disk image|not a database|btree|Tree \d|secret")
NOBODY = 65534


@contextmanager
def as_user(user: int) -> Iterator[None]:
    os.setegid(user)
    os.seteuid(user)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


class Shell:
    """Runs commands in this process, as `main` would run in one of its own."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def __call__(self, *arguments: str) -> tuple[int, str]:
        """Exit code, and what it says: where it fails, by its errors or by a report."""
        self._monkeypatch.setattr(sys, "argv", ["airgrid-fleet", *arguments])
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = self._capsys.readouterr()
        code = int(ended.value.code or 0)
        assert not _FOREIGN.search(out + err), out + err
        assert bool(err) == (code != 0 and "FAULT" not in out), out + err
        assert all(line.startswith("airgrid-fleet: ") and (" -> " in line or ": must be " in line) for line in err.splitlines()), err
        return code, out + err


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(capsys, monkeypatch)


@pytest.fixture
def state(tmp_path: Path, shell: Shell) -> Path:
    """With a token of ada, and a copy beside it."""
    folder = tmp_path / "state"
    for command in ("init", "token create ada", f"backup {tmp_path / 'copy.tar'}"):
        assert shell(*command.split(), "--state", str(folder))[0] == 0
    return folder


def words(command: str, state: Path, options: tuple[str, ...] = ()) -> list[str]:
    places = {"OUT": str(state.with_name("out.tar")), "COPY": str(state.with_name("copy.tar"))}
    return [*(places.get(word, word) for word in command.split()), "--state", str(state), *options]


CASES = [(name, command) for name, broken in BROKEN.items() for command in COMMANDS if not (broken.options and command == RESTORE)]


@pytest.mark.parametrize(("name", "command"), CASES, ids=lambda word: word)
def test_what_is_broken_is_a_sentence_with_what_to_do(name: str, command: str, state: Path, shell: Shell) -> None:
    broken = BROKEN[name]
    broken.do(state)
    if command == "run --port 0" and command in broken.works:
        return  # it would serve
    code, text = shell(*words(command, state, broken.options))
    assert code == (0 if command in broken.works else 1), text
    if code:
        damaged_copy = (
            "it cannot be copied; nothing was written -> keep the copies that you have; what to do: airgrid-fleet doctor --state DIR"
        )
        advice = damaged_copy if command == "backup OUT" and broken.says == "damaged" else broken.advice
        assert broken.says in text and advice.replace("DIR", str(state)) in text


def test_the_advice_can_be_followed_as_it_is_printed(state: Path, shell: Shell) -> None:
    (state / KEY_FILE).unlink()
    advice = shell("token", "list", "--state", str(state))[1].partition(" -> ")[2].partition(": ")[2].partition("; ")[0]
    subprocess.run(advice.replace("COPY", str(state.with_name("copy.tar"))), shell=True, check=True)
    assert shell("token", "list", "--state", str(state))[0] == 0
    damage_bytes(0)(state)
    _, text = shell("doctor", "--state", str(state))
    (advice,) = re.findall(r"copy: airgrid-fleet (.*)", text)
    assert shell(*advice.replace("COPY", str(state.with_name("copy.tar"))).split())[0] == 0
    assert "sound" in shell("doctor", "--state", str(state))[1]


@pytest.mark.parametrize("place", ["file", "file/state", "/proc/state"])
def test_a_state_folder_that_cannot_be_made(place: str, tmp_path: Path, shell: Shell) -> None:
    (tmp_path / "file").touch()
    code, text = shell("init", "--state", str(tmp_path / place))
    assert code == 1 and str(tmp_path / place) in text


@pytest.mark.parametrize(("content", "says"), [(None, "Is a directory -> "), (b"\xff", "no text in UTF-8 -> ")], ids=["folder", "bytes"])
def test_a_file_of_options_that_cannot_be_read(content: bytes | None, says: str, tmp_path: Path, shell: Shell) -> None:
    file = tmp_path / "fleet.toml"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    for command in ("run", "doctor", "init"):
        code, text = shell(command, "--config", str(file))
        assert code == 2 and says in text


@pytest.mark.hil
def test_a_record_that_another_process_has_locked(state: Path, shell: Shell) -> None:
    with closing(record(state)) as other:
        other.execute("BEGIN IMMEDIATE")
        code, text = shell("token", "create", "bea", "--state", str(state))
    assert code == 1 and "another process has locked it -> wait until it is done, or end it" in text


@pytest.mark.parametrize(("command", "room"), [("init", 10), ("token create bea", 10), ("backup OUT", 60_000)])
def test_a_full_disk(command: str, room: int, state: Path, shell: Shell) -> None:
    if command == "init":
        for path in state.iterdir():
            path.unlink()
    with no_file_beyond(room):
        code, text = shell(*words(command, state))
    assert code == 1 and "full" in text and "free some" in text
    assert shell(*words(command, state))[0] == 0  # nothing half made is in the way


PORTS = [("80800", 2, "at most 65535"), ("-1", 2, "at least 0"), ("TAKEN", 1, "in use by another program -> end it (ss -ltnp")]


@pytest.mark.parametrize(("port", "expected", "says"), PORTS)
def test_a_port_that_cannot_be_had(port: str, expected: int, says: str, state: Path, shell: Shell) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        given = port.replace("TAKEN", str(other.getsockname()[1]))
        code, text = shell("run", "--state", str(state), f"--port={given}")
    assert code == expected and says in text


@AS_ANOTHER_USER
@pytest.mark.parametrize(
    ("command", "mode", "says"),
    [
        ("run --port 0", 0o500, "lock: this user may not use it -> run it as root"),
        ("run --port 80", 0o700, "ports below 1024 belong to root -> take one above"),
        ("run --port 0", 0o000, "this user may not use it"),
        ("backup /proc/copy.tar", 0o700, "a copy cannot be written there"),
    ],
)
def test_what_a_user_without_rights_is_told(command: str, mode: int, says: str, state: Path, shell: Shell) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "state"
        shutil.copytree(state, folder)
        for path in (Path(name), folder, *folder.iterdir()):
            os.chown(path, NOBODY, NOBODY)
        folder.chmod(mode)
        with as_user(NOBODY):
            code, text = shell(*command.split(), "--state", str(folder))
        assert code == 1 and says in text
        code, text = shell("token", "list", "--state", str(folder))
        assert code == 1 and "belongs to nobody -> run this as nobody: sudo -u nobody airgrid-fleet" in text


COPIES = [
    ("backup DIR/none/x.tar", "DIR/none: no such folder; nothing was written -> make it, mount its disk, or name another"),
    ("backup DIR", "DIR: is a folder -> name a file in it"),
    ("backup DIR/copy.tar", "DIR/copy.tar: is there already -> name another file, or move it away"),
    ("restore DIR/none.tar", "DIR/none.tar: no such file or folder -> "),
    ("restore DIR", "DIR: a folder, where a file is expected -> name a file"),
    (
        "restore DIR/cut.tar",
        "DIR/cut.tar: it is cut short: its end is missing; nothing was changed -> name another copy that airgrid-fleet backup",
    ),
    (
        "restore DIR/junk.tar",
        "DIR/junk.tar: it is no copy, or cut short: manifest.json is expected; nothing was changed -> name another copy",
    ),
]


@pytest.mark.parametrize(("command", "says"), COPIES)
def test_a_copy_that_cannot_be_made_or_used(command: str, says: str, state: Path, shell: Shell) -> None:
    folder = str(state.parent)
    (state.parent / "cut.tar").write_bytes((state.parent / "copy.tar").read_bytes()[:20_000])
    (state.parent / "junk.tar").write_bytes(b"junk" * 500)
    code, text = shell(*command.replace("DIR", folder).split(), "--state", str(state))
    assert code == 1 and says.replace("DIR", folder) in text
