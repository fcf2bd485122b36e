"""The commands: exit codes, one line of JSON on demand, and no key on the screen. The serial line itself: hil_tests."""

import json
import os
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from technician import build
from technician.board_kinds import BoardFacts
from technician.cli import app
from technician.commands import nodes, shown
from technician.errors import BoardGoneError, FleetError
from technician.fleet_client import FleetClient
from technician.provision import IDENTITY
from technician.provisioning import read_records

OPTIONS = ["--node", "n-1", "--gateway", "g-1", "--site", "s-1", "--broker", "10.0.0.2"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["flash", "/dev/nowhere", "--board", "toaster"], "no such board"),
        (["flash", "/dev/nowhere", "--board", "esp23"], "no such board; did you mean esp32 or esp32s3? there are esp32"),
        (["provision", "/dev/nowhere", *OPTIONS, "--record", "r", "--board", "Pico"], "did you mean pico_w or pico2_w?"),
        (["flash", "/dev/nowhere", "--board", "virtual"], "/dev/nowhere: there is no such port"),
        (["provision", "/dev/nowhere", *OPTIONS], "--fleet"),
        (["provision", "/dev/nowhere", *OPTIONS, "--fleet", "http://127.0.0.1:9"], "AIRGRID_TOKEN"),
        (["provision", "/dev/nowhere", *OPTIONS, "--broker", "10.0.0.2:x", "--record", "r"], "HOST or HOST:PORT"),
        (["provision", "/dev/nowhere", *OPTIONS, "--record", "r", "--board", "toaster"], "no such board; there are esp32"),
        (["console", "/dev/nowhere", "status"], "/dev/nowhere"),
        (["provision", "/dev/nowhere", *OPTIONS, "--record", "r", "--settings", "nothere.json"], "there is no nothere.json"),
        (["provision", "/dev/nowhere", *OPTIONS, "--record", "r", "--settings", "."], "can be read"),
        (["provision", "/dev/nowhere", *OPTIONS, "--record", "r", "--replace-hardware", "died"], "needs --fleet"),
        (["move", "n-1", "--fleet", "http://127.0.0.1:9", "--reason", "r"], "name --gateway"),
        (["retire", "n-1", "--fleet", "http://fleet.example", "--reason", "r"], "AIRGRID_TOKEN"),
        (["register", "/nowhere.jsonl", "http://127.0.0.1:9"], "AIRGRID_TOKEN"),
    ],
    ids=[
        "board",
        "board, nearly",
        "wiring, nearly",
        "port",
        "nowhere to record",
        "token",
        "broker",
        "wiring",
        "console",
        "no settings",
        "a folder",
        "hardware",
        "move",
        "retire",
        "register",
    ],
)
def test_a_failure_is_one_line_of_json_and_exit_code_1(arguments: list[str], says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRGRID_TOKEN", raising=False)
    ended = CliRunner().invoke(app, [*arguments, "--json"])
    assert ended.exit_code == 1
    fields = json.loads(ended.stdout)
    assert says in f"{fields['error']} {fields['next']}" and fields["next"]
    assert fields["state"].startswith("Nothing was written") == (arguments[0] in ("flash", "provision"))


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

    port = "/dev/board"
    facts = BoardFacts("esp32", "Generic ESP32 module with ESP32", (1, 25, 0), 6, True, [])

    def hashes(self) -> dict[str, str]:
        return dict.fromkeys(self.has, "")

    def read(self, path: str) -> bytes:
        return b'{"node":"other","key":"' + b"ab" * 32 + b'","broker":{"host":"g","port":1}}'

    def write(self, path: str, content: bytes) -> None:
        self._step("write")
        self.files[path] = content

    def reset(self) -> None:
        self._step("reset")

    def _step(self, name: str) -> None:
        self.steps.append(name)
        if name == self.fails_at:
            raise BoardGoneError("/dev/board")


@pytest.mark.parametrize("fails_at", ["write", "reset", "nowhere"])
def test_a_key_that_may_be_on_a_board_is_in_the_record(fails_at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board = _Board(fails_at)
    monkeypatch.setattr(nodes, "Board", lambda port: board)
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

        def node(self, name: str) -> None:
            return None

        def gateways(self) -> list[str]:
            return ["g-1"]

        def sites(self) -> list[str]:
            return ["s-1"]

        def register(self, entry: object) -> list[str]:
            registered.append(entry)
            return []

    monkeypatch.setenv("AIRGRID_TOKEN", "t")
    monkeypatch.setattr(nodes, "FleetClient", Fleet)
    for step, count in ((fails_at, 0), ("nowhere", 1)):
        board = _Board(step)
        monkeypatch.setattr(nodes, "Board", lambda port, board=board: board)
        CliRunner().invoke(app, ["provision", "/dev/board", *OPTIONS, "--fleet", "http://127.0.0.1:9", "--json"])
        assert len(registered) == count, step


def test_a_key_is_on_the_disk_before_it_is_on_a_board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board = _Board("nowhere")
    monkeypatch.setattr(nodes, "Board", lambda port: board)
    monkeypatch.setattr(os, "fsync", lambda descriptor: board.steps.append("fsync"))
    CliRunner().invoke(app, ["provision", "/dev/board", *OPTIONS, "--record", str(tmp_path / "records.jsonl"), "--json"])
    assert board.steps == ["fsync", "write", "reset"]


@pytest.mark.parametrize(("more", "steps"), [([], []), (["--replace"], ["write", "reset"])], ids=["", "with --replace"])
def test_a_board_keeps_its_identity_unless_told_otherwise(
    more: list[str], steps: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = _Board("nowhere", has=(IDENTITY,))
    monkeypatch.setattr(nodes, "Board", lambda port: board)
    record = tmp_path / "records.jsonl"
    ended = CliRunner().invoke(app, ["provision", "/dev/board", *OPTIONS, "--record", str(record), *more, "--json"])
    assert (board.steps, record.exists(), ended.exit_code) == (steps, bool(steps), 0 if steps else 1)


def test_build_writes_the_flash_into_a_folder(tmp_path: Path) -> None:
    ended = CliRunner().invoke(app, ["build", str(tmp_path), "--board", "virtual", "--json"])
    assert ended.exit_code == 0, ended.output
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert json.loads(ended.stdout) == {"board": "virtual", "files": len(files), "bytes": sum(path.stat().st_size for path in files)}


def test_list_answers_in_json() -> None:
    assert isinstance(json.loads(CliRunner().invoke(app, ["list", "--json"]).stdout)["ports"], list)


@pytest.mark.parametrize("arguments", [["console", "/dev/nowhere", "status"], ["flash", "/dev/nowhere", "--board", "virtual"]])
def test_a_port_that_is_not_there_is_told_once_with_what_to_do(arguments: list[str]) -> None:
    ended = CliRunner().invoke(app, arguments)
    lines = ended.output.strip().splitlines()
    assert ended.exit_code == 1
    told = "/dev/nowhere: there is no such port (No such file or directory)"
    assert lines == [told, *lines[1:-1], "Next: plug the board in, and look with: airgrid-node list."]
    assert ended.output.count("/dev/nowhere") == 1 and "Errno" not in ended.output


def test_the_help_of_what_needs_a_board_names_the_boards() -> None:
    assert tuple(build.boards()) == shown.BOARDS
    for name in ("flash", "build", "provision"):
        text = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "200"}).output
        assert all(board in text for board in shown.BOARDS)


def test_the_version_is_one_line() -> None:
    assert CliRunner().invoke(app, ["--version"]).output == version("airgrid") + "\n"


def test_all_faults_of_a_provisioning_are_told_at_once_and_the_board_is_not_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text('{"period_ms": 5, "periode_ms": 6}')
    monkeypatch.setattr(nodes, "Board", None)
    arguments = ["provision", "/dev/board", *OPTIONS, "--ssid", "s" * 33, "--settings", str(settings), "--record", str(tmp_path / "r")]
    arguments[-1] += "/nowhere/r"
    told = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert all(path in told["error"] for path in ("wifi.ssid", "settings.period_ms", "settings.periode_ms", "--record"))
    assert told["state"].startswith("Nothing was written")


def test_a_fleet_that_cannot_be_asked_does_not_hide_what_is_found_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise FleetError("the fleet does not know this token", "ask an administrator for a token", 401)

    monkeypatch.setattr(nodes, "Board", None)
    monkeypatch.setattr(FleetClient, "gateways", refused)
    monkeypatch.setenv("AIRGRID_TOKEN", "aga_wrong")
    wrong = ["--node", "N_1", "--ssid", "", "--settings", "nothere.json", "--fleet", "https://fleet.example"]
    told = json.loads(CliRunner().invoke(app, ["provision", "/dev/board", *OPTIONS, *wrong, "--json"]).stdout)
    for said in ("node: ", "wifi.ssid", "nothere.json", "the fleet does not know this token; ask an administrator"):
        assert said in told["error"], said


def test_what_is_typed_as_a_settings_file_is_told_by_its_name(tmp_path: Path) -> None:
    for content in (b"{", b"[]", b"\xff\xfe", b"[" * 100_000):
        (tmp_path / "s.json").write_bytes(content)
        arguments = ["provision", "/dev/board", *OPTIONS, "--settings", str(tmp_path / "s.json"), "--record", str(tmp_path / "r")]
        ended = CliRunner().invoke(app, arguments)
        assert ended.exit_code == 1 and "s.json" in ended.output and "Traceback" not in ended.output


def test_a_tool_that_is_interrupted_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(nodes, "Board", interrupted)
    ended = CliRunner().invoke(app, ["provision", "/dev/board", *OPTIONS, "--record", str(tmp_path / "r")])
    assert ended.exit_code == 130 and "Nothing was written" in ended.output and "run the same command again" in ended.output


def test_the_help_names_the_exit_codes() -> None:
    assert "Exit codes: 0 done, 1 a fault" in " ".join(CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).output.split())
