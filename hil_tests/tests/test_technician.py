"""The technician's tool at the serial port of a board: the real mpremote underneath, a real interpreter at the other end."""

import json
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import pytest
from typer.testing import CliRunner

from contract import identity
from fleet.cli import app as fleet_app
from hil_tests.board.board import VirtualBoard
from hil_tests.firmware_on_board import ROM_BYTES
from hil_tests.fleet_service import FleetService
from hil_tests.sensors.clock import BenchClock
from technician.board import Board
from technician.build import flash_files
from technician.cli import app
from technician.errors import BoardError
from technician.flash_layout import application
from technician.rom_image import rom_image

pytestmark = pytest.mark.hil

OPTIONS = ["--node", "n-1", "--gateway", "g-1", "--site", "s-1", "--broker", "127.0.0.1"]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FleetService]:
    """The real service, with a site and a gateway. Its tests use nodes of different names."""
    service = FleetService(tmp_path_factory.mktemp("fleet"), BenchClock(1.0))
    service.prepare()
    service.start()
    service.api.post("sites", {"id": "s-1", "name": "School", "latitude": 30.6, "longitude": 104.1})
    service.api.post("gateways", {"id": "g-1", "site": "s-1"})
    yield service
    service.program.stop()


@pytest.fixture
def fleet(service: FleetService, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> FleetService:
    """That, and the technician has a token for it."""
    token = (
        CliRunner()
        .invoke(fleet_app, ["token", "create", f"t-{crc32(request.node.name.encode()):08x}", "--state", str(service.state)])
        .stdout.strip()
    )
    monkeypatch.setenv("AIRGRID_TOKEN", token)
    return service


@pytest.fixture
def board(tmp_path: Path) -> Iterator[VirtualBoard]:
    """A board with power and a blank flash."""
    with VirtualBoard(tmp_path, unique_id="0102030405060708") as made:
        made.start()
        yield made


def airgrid_node(*arguments: str) -> dict[str, object]:
    ended = CliRunner().invoke(app, [*arguments, "--json"])
    fields: dict[str, object] = json.loads(ended.stdout)
    assert ended.exit_code == 0, fields
    return fields


def test_a_blank_board_is_flashed_over_its_serial_port(board: VirtualBoard) -> None:
    wanted = flash_files("virtual")
    flashed = airgrid_node("flash", board.port, "--board", "virtual")
    board.cut_power()
    assert len(flashed["written"]) == len(wanted)  # type: ignore[arg-type]
    assert {path: board.read(path) for path in wanted} == wanted


def test_flashing_again_writes_nothing_and_one_changed_file_is_one_write(board: VirtualBoard) -> None:
    airgrid_node("flash", board.port, "--board", "virtual")
    with Board(board.port) as device:
        device.write("/a/contract/crc.mpy", b"damaged")
    flashed = airgrid_node("flash", board.port, "--board", "virtual")
    assert flashed["written"] == ["/a/contract/crc.mpy"]
    assert airgrid_node("flash", board.port, "--board", "virtual")["written"] == []


@pytest.fixture
def board_with_rom(tmp_path: Path) -> Iterator[VirtualBoard]:
    """The same, with a partition that code runs from in place."""
    with VirtualBoard(tmp_path, unique_id="0102030405060708", rom_bytes=ROM_BYTES) as made:
        made.start()
        yield made


def test_a_board_with_room_for_an_image_runs_the_application_from_it(board_with_rom: VirtualBoard) -> None:
    board = board_with_rom
    flashed = airgrid_node("flash", board.port, "--board", "virtual")
    assert (flashed["in_place"], flashed["written"]) == (True, ["/rom", "/boot.py", "/main.py"])
    board.wait_for_console("identity.json: cannot be read")
    assert airgrid_node("flash", board.port, "--board", "virtual")["written"] == []
    with Board(board.port) as device:
        device.reset()
    board.wait_for_console("identity.json: cannot be read", count=2)
    board.cut_power()
    assert board.files().keys() == {"/boot.py", "/main.py"}


def test_files_in_the_file_system_go_before_the_image(board_with_rom: VirtualBoard) -> None:
    board = board_with_rom
    airgrid_node("flash", board.port, "--board", "virtual")
    with Board(board.port) as device:
        device.make_folder("/a")
        device.make_folder("/a/node")
        device.write("/a/node/__init__.py", b"")
        device.write("/a/node/app.py", b"def start():\n    print('from the file system')")
        device.write("/a/node/transient_import.py", b"def forget(name):\n    pass")
        device.reset()
    board.wait_for_console("from the file system")


@pytest.mark.parametrize("before_the_end", [0, 1])
def test_power_cut_in_the_last_writes_of_an_image_leaves_all_of_it_or_none(board_with_rom: VirtualBoard, before_the_end: int) -> None:
    board = board_with_rom
    image = rom_image(application(flash_files("virtual")))
    operations = -(-len(image) // 4096) + -(-len(image) // 1024) + 1
    with Board(board.port) as device:
        board.cut_power_at(operations - before_the_end)
        with pytest.raises(BoardError):
            device.write_rom(image)
    rom = (board.folder / "rom.img").read_bytes()[: len(image)]
    assert rom == (b"\xff\xff\xff" + image[3:512] + b"\xff" * 512 + image[1024:] if before_the_end else image)


def test_an_image_torn_by_a_power_cut_is_none_and_flashing_again_mends_it(board_with_rom: VirtualBoard) -> None:
    board = board_with_rom
    airgrid_node("flash", board.port, "--board", "virtual")
    board.cut_power()
    rom = board.folder / "rom.img"
    whole = rom.read_bytes()
    rom.write_bytes(b"\xff" * 1024 + whole[1024:])  # its start is written last
    board.start()
    board.wait_for_console("ImportError")
    assert airgrid_node("flash", board.port, "--board", "virtual")["written"] == ["/rom"]
    assert rom.read_bytes() == whole


def test_the_board_runs_what_was_flashed_after_the_reset_that_ends_it(board: VirtualBoard) -> None:
    with Board(board.port) as device:
        device.write("/main.py", b"print('started by itself')")
        device.reset()
    board.wait_for_console("started by itself")


def test_a_cable_that_is_pulled_leaves_a_board_that_resets_itself(tmp_path: Path) -> None:
    with VirtualBoard(tmp_path, unique_id="0102030405060708", rate=4) as board:
        board.start()
        with Board(board.port) as device:
            device.write("/main.py", b"print('started by itself')")
        # Nobody feeds the watchdog of the session any more.
        board.wait_for_console("started by itself")
        assert board.boots[-2][1] == "wdt"


def test_a_node_at_work_is_interrupted_and_flashed(board: VirtualBoard) -> None:
    board.cut_power()
    board.flash({"/main.py": b"import machine\ndog = machine.WDT(timeout=5000)\nprint('at work')\nwhile True: dog.feed()"})
    board.power_on()
    board.wait_for_console("at work")
    assert airgrid_node("flash", board.port, "--board", "virtual")["same"] == 0
    board.cut_power()
    assert board.read("/main.py") == flash_files("virtual")["/main.py"]


def test_provisioning_writes_an_identity_and_the_record_of_its_key(board: VirtualBoard, tmp_path: Path) -> None:
    records = tmp_path / "records.jsonl"
    airgrid_node("provision", board.port, *OPTIONS, "--record", str(records))
    board.cut_power()
    fields = json.loads(board.read("/identity.json"))
    assert identity.faults(fields) == []
    assert json.loads(records.read_text()) == {"id": "n-1", "gateway": "g-1", "site": "s-1", "key": fields["key"]}
    assert records.stat().st_mode & 0o077 == 0


def test_the_same_command_again_keeps_the_key_and_another_name_has_to_be_meant(board: VirtualBoard, tmp_path: Path) -> None:
    records = tmp_path / "records.jsonl"
    first = airgrid_node("provision", board.port, *OPTIONS, "--record", str(records))
    again = airgrid_node("provision", board.port, *OPTIONS, "--record", str(records))
    assert (first["new_key"], again["new_key"]) == (True, False)
    assert len({json.loads(line)["key"] for line in records.read_text().splitlines()}) == 1
    other = ["provision", board.port, *OPTIONS, "--node", "n-2", "--record", str(records)]
    refused = CliRunner().invoke(app, other)
    assert refused.exit_code == 1
    assert "this board is the node n-1" in refused.output and "--replace" in refused.output and "Nothing was written" in refused.output
    assert airgrid_node(*other, "--replace")["new_key"] is True


def test_the_fleet_knows_a_node_that_was_provisioned_online(board: VirtualBoard, fleet: FleetService) -> None:
    airgrid_node("provision", board.port, *OPTIONS, "--node", "online", "--fleet", fleet.url)
    assert fleet.api.get("nodes/online")["gateway"] == "g-1"


def test_a_name_that_is_taken_leaves_the_board_as_it_was(board: VirtualBoard, fleet: FleetService) -> None:
    fleet.api.post("nodes", {"id": "taken", "gateway": "g-1", "site": "s-1"})
    refused = CliRunner().invoke(app, ["provision", board.port, *OPTIONS, "--node", "taken", "--fleet", fleet.url])
    assert (refused.exit_code, "already" in refused.output, "--replace-hardware" in refused.output) == (1, True, True)
    board.cut_power()
    assert "/identity.json" not in board.files()


def test_what_the_fleet_does_not_have_is_told_with_the_nearest_name_before_the_board_is_touched(
    board: VirtualBoard, fleet: FleetService
) -> None:
    arguments = ["provision", board.port, *OPTIONS, "--node", "typo", "--gateway", "g-11", "--site", "s-2", "--ssid", "s" * 33]
    refused = CliRunner().invoke(app, [*arguments, "--fleet", fleet.url])
    assert refused.exit_code == 1
    for told in ("did you mean g-1?", "did you mean s-1?", "wifi.ssid", "Nothing was written"):
        assert told in refused.output
    assert board.boots == [(1, None)]  # nobody was there
    airgrid_node("provision", board.port, *OPTIONS, "--node", "typo", "--fleet", fleet.url)


def test_a_fleet_that_goes_away_after_the_questions_leaves_a_board_that_the_same_command_completes(
    board: VirtualBoard, fleet: FleetService, tmp_path: Path
) -> None:
    # As if the tool was killed between the board and the fleet: the board has an identity, the fleet does not know it.
    airgrid_node("provision", board.port, *OPTIONS, "--node", "half", "--record", str(tmp_path / "r"))
    done = airgrid_node("provision", board.port, *OPTIONS, "--node", "half", "--fleet", fleet.url)
    assert (done["new_key"], fleet.api.get("nodes/half")["gateway"]) == (False, "g-1")
    # And as if it was killed before it heard the answer.
    assert airgrid_node("provision", board.port, *OPTIONS, "--node", "half", "--fleet", fleet.url)["new_key"] is False


def test_a_spare_board_takes_the_place_of_a_dead_one_under_its_name(board: VirtualBoard, fleet: FleetService, tmp_path: Path) -> None:
    fleet.api.post("nodes", {"id": "dead", "gateway": "g-1", "site": "s-1"})
    command = ["provision", board.port, *OPTIONS, "--node", "dead", "--fleet", fleet.url]
    assert CliRunner().invoke(app, command).exit_code == 1
    assert airgrid_node(*command, "--replace-hardware", "struck by lightning")["new_key"] is True
    assert airgrid_node(*command)["new_key"] is False  # the same board
    (tmp_path / "other").mkdir()
    with VirtualBoard(tmp_path / "other", unique_id="0102030405060709") as other:
        other.start()
        refused = CliRunner().invoke(app, ["provision", other.port, *command[2:]])
        assert (refused.exit_code, "another board" in refused.output) == (1, True)


def test_a_node_is_moved_and_retired_with_a_reason(fleet: FleetService) -> None:
    fleet.api.post("gateways", {"id": "g-2", "site": "s-1"})
    fleet.api.post("nodes", {"id": "wanderer", "gateway": "g-1", "site": "s-1"})
    options = ["--fleet", fleet.url, "--reason", "g-1 is taken down"]
    refused = CliRunner().invoke(app, ["move", "wanderer", "--gateway", "g-22", *options])
    assert (refused.exit_code, "did you mean g-2" in refused.output) == (1, True)
    airgrid_node("move", "wanderer", "--gateway", "g-2", *options)
    assert fleet.api.get("nodes/wanderer")["gateway"] == "g-2"
    airgrid_node("retire", "wanderer", *options)
    assert fleet.api.get("nodes/wanderer")["left_ms"] is not None
    assert CliRunner().invoke(app, ["retire", "nobody", *options]).exit_code == 1


def test_a_record_is_registered_once_however_often_it_is_loaded(board: VirtualBoard, fleet: FleetService, tmp_path: Path) -> None:
    record = tmp_path / "records.jsonl"
    airgrid_node("provision", board.port, *OPTIONS, "--node", "recorded", "--record", str(record))
    assert airgrid_node("register", str(record), fleet.url) == {"registered": ["recorded"], "warnings": []}
    assert airgrid_node("register", str(record), fleet.url) == {"registered": [], "warnings": []}
    entry = json.loads(record.read_text())
    record.write_text(json.dumps({**entry, "settings": {"period_ms": 5000}}))
    assert "['node recorded keeps its settings" in str(airgrid_node("register", str(record), fleet.url)["warnings"])


def test_the_way_of_the_handbook_from_a_blank_board_to_a_node_that_says_what_its_link_lacks(
    board: VirtualBoard, fleet: FleetService
) -> None:
    airgrid_node("flash", board.port, "--board", "virtual")
    airgrid_node("provision", board.port, *OPTIONS, "--node", "handbook", "--ssid", "school", "--board", "virtual", "--fleet", fleet.url)
    status = airgrid_node("console", board.port, "status")
    assert (status["node"], status["gateway"], status["site"], status["settings"]) == ("handbook", "g-1", "s-1", 0)
    assert [step[0] for step in status["link"]] == ["wifi", "address", "broker", "login", "gateway"]  # type: ignore[attr-defined]
    refused = CliRunner().invoke(app, ["console", board.port, "selftest"])
    assert refused.exit_code == 1 and "sensors" in refused.output and "Traceback" not in refused.output
