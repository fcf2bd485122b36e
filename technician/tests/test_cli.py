"""The commands: exit codes, one line of JSON on demand, and no key on the screen. The serial line itself: hil_tests."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from technician import cli
from technician.cli import IDENTITY, app
from technician.errors import BoardError
from technician.provisioning import read_records

OPTIONS = ["--node", "n-1", "--gateway", "g-1", "--site", "s-1", "--broker", "10.0.0.2"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["flash", "/dev/nowhere", "--board", "toaster"], "no such board"),
        (["flash", "/dev/nowhere", "--board", "virtual"], "/dev/nowhere"),
        (["provision", "/dev/nowhere", *OPTIONS], "--fleet"),
        (["provision", "/dev/nowhere", *OPTIONS, "--fleet", "http://127.0.0.1:9"], "AIRGRID_TOKEN"),
        (["provision", "/dev/nowhere", *OPTIONS, "--broker", "10.0.0.2:x", "--record", "r"], "not a number"),
        (["provision", "/dev/nowhere", *OPTIONS, "--record", "r", "--board", "toaster"], "no such board"),
        (["console", "/dev/nowhere", "status"], "/dev/nowhere"),
        (["register", "/nowhere.jsonl", "http://127.0.0.1:9"], "AIRGRID_TOKEN"),
    ],
    ids=["board", "port", "nowhere to record", "token", "broker", "wiring", "console", "register"],
)
def test_a_failure_is_one_line_of_json_and_exit_code_1(arguments: list[str], says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRGRID_TOKEN", raising=False)
    ended = CliRunner().invoke(app, [*arguments, "--json"])
    assert ended.exit_code == 1
    assert says in json.loads(ended.stdout)["error"]


def test_a_failed_provisioning_leaves_no_record(tmp_path: Path) -> None:
    record = tmp_path / "records.jsonl"
    ended = CliRunner().invoke(app, ["provision", "/dev/nowhere", *OPTIONS, "--record", str(record)])
    assert (ended.exit_code, record.exists()) == (1, False)


class _Board:
    """A board that may fail at one step; what it is asked to do, in order."""

    def __init__(self, fails_at: str, has: tuple[str, ...] = ()) -> None:
        self.fails_at = fails_at
        self.has = has
        self.steps: list[str] = []
        self.files: dict[str, bytes] = {}

    def __enter__(self) -> "_Board":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def hashes(self) -> dict[str, str]:
        return dict.fromkeys(self.has, "")

    def write(self, path: str, content: bytes) -> None:
        self._step("write")
        self.files[path] = content

    def reset(self) -> None:
        self._step("reset")

    def _step(self, name: str) -> None:
        self.steps.append(name)
        if name == self.fails_at:
            raise BoardError("/dev/board", "the cable is out")


@pytest.mark.parametrize("fails_at", ["write", "reset", "nowhere"])
def test_a_key_that_may_be_on_a_board_is_in_the_record(fails_at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board = _Board(fails_at)
    monkeypatch.setattr(cli, "Board", lambda port: board)
    record = tmp_path / "records.jsonl"
    ended = CliRunner().invoke(app, ["provision", "/dev/board", *OPTIONS, "--record", str(record), "--json"])
    assert ended.exit_code == (0 if fails_at == "nowhere" else 1), ended.output
    [entry] = read_records(record.read_text())
    assert (entry["id"], len(bytes.fromhex(entry["key"]))) == ("n-1", 32)
    assert record.stat().st_mode & 0o777 == 0o600
    assert entry["key"] not in ended.output
    if board.files:
        assert json.loads(board.files[IDENTITY])["key"] == entry["key"]


@pytest.mark.parametrize("fails_at", ["write", "reset"])
def test_the_fleet_hears_of_a_node_only_when_its_board_is_ready(fails_at: str, monkeypatch: pytest.MonkeyPatch) -> None:
    registered: list[object] = []

    class Fleet:
        def __init__(self, *_: object) -> None: ...

        def knows(self, node: str) -> bool:
            return False

        def register(self, entry: object) -> None:
            registered.append(entry)

    monkeypatch.setenv("AIRGRID_TOKEN", "t")
    monkeypatch.setattr(cli, "FleetClient", Fleet)
    for step, count in ((fails_at, 0), ("nowhere", 1)):
        board = _Board(step)
        monkeypatch.setattr(cli, "Board", lambda port, board=board: board)
        CliRunner().invoke(app, ["provision", "/dev/board", *OPTIONS, "--fleet", "http://127.0.0.1:9", "--json"])
        assert len(registered) == count, step


def test_a_key_is_on_the_disk_before_it_is_on_a_board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board = _Board("nowhere")
    monkeypatch.setattr(cli, "Board", lambda port: board)
    monkeypatch.setattr(os, "fsync", lambda descriptor: board.steps.append("fsync"))
    CliRunner().invoke(app, ["provision", "/dev/board", *OPTIONS, "--record", str(tmp_path / "records.jsonl"), "--json"])
    assert board.steps == ["fsync", "write", "reset"]


@pytest.mark.parametrize(("more", "steps"), [([], []), (["--replace"], ["write", "reset"])], ids=["", "with --replace"])
def test_a_board_keeps_its_identity_unless_told_otherwise(
    more: list[str], steps: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = _Board("nowhere", has=(IDENTITY,))
    monkeypatch.setattr(cli, "Board", lambda port: board)
    record = tmp_path / "records.jsonl"
    ended = CliRunner().invoke(app, ["provision", "/dev/board", *OPTIONS, "--record", str(record), *more, "--json"])
    assert (board.steps, record.exists(), ended.exit_code) == (steps, bool(steps), 0 if steps else 1)


def test_a_node_that_the_fleet_has_already_is_put_on_no_board(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fleet:
        def __init__(self, *_: object) -> None: ...

        def knows(self, node: str) -> bool:
            return node == "n-1"

    board = _Board("nowhere")
    monkeypatch.setenv("AIRGRID_TOKEN", "t")
    monkeypatch.setattr(cli, "FleetClient", Fleet)
    monkeypatch.setattr(cli, "Board", lambda port: board)
    ended = CliRunner().invoke(app, ["provision", "/dev/board", *OPTIONS, "--fleet", "http://127.0.0.1:9", "--json"])
    assert ended.exit_code == 1 and "has a node n-1 already" in json.loads(ended.stdout)["error"]
    assert board.steps == []


def test_build_writes_the_flash_into_a_folder(tmp_path: Path) -> None:
    ended = CliRunner().invoke(app, ["build", str(tmp_path), "--board", "virtual", "--json"])
    assert ended.exit_code == 0, ended.output
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert json.loads(ended.stdout) == {"board": "virtual", "files": len(files), "bytes": sum(path.stat().st_size for path in files)}


def test_list_answers_in_json() -> None:
    assert isinstance(json.loads(CliRunner().invoke(app, ["list", "--json"]).stdout)["ports"], list)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["console", "/dev/nowhere", "status"], "/dev/nowhere: No such file or directory"),
        (["flash", "/dev/nowhere", "--board", "virtual"], "/dev/nowhere: not there within"),
    ],
    ids=["console", "flash"],
)
def test_a_port_that_is_not_there_is_told_once(arguments: list[str], told: str) -> None:
    ended = CliRunner().invoke(app, arguments)
    last = ended.output.strip().splitlines()[-1]
    assert ended.exit_code == 1
    assert last.startswith(told) and last.count("/dev/nowhere") == 1 and "Errno" not in last
