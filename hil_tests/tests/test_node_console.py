"""The local console of a node, typed at the port of the virtual board: what it answers, in text and in JSON; and Ctrl-C still ends it."""

import binascii
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import serial
from typer.testing import CliRunner

from firmware.tests.far_end import NODE, sealed
from hil_tests.board.board import VirtualBoard
from hil_tests.board.device import words
from hil_tests.mqtt import packets
from hil_tests.mqtt.broker import ScriptedBroker
from hil_tests.processes import free_port
from hil_tests.scripted_gateway import PlayedGateway
from hil_tests.tests.test_node_on_virtual_board import identity
from technician.build import flash_files
from technician.cli import app as technician_app

pytestmark = pytest.mark.hil

SETTINGS: dict[str, Any] = {"period_ms": 1000, "sensors": [{"slot": 1, "part": "jxct_tvoc", "port": 1}]}


@pytest.fixture
def broker() -> Iterator[ScriptedBroker]:
    scripted = ScriptedBroker()
    yield scripted
    scripted.close()


@pytest.fixture
def board(tmp_path: Path, broker: ScriptedBroker) -> Iterator[VirtualBoard]:
    with VirtualBoard(tmp_path / "board", unique_id="0102030405060708") as made:
        made.flash({**flash_files("virtual"), "/identity.json": identity(broker.port, SETTINGS, gateway="g-1", site="s-1")})
        made.start()
        yield made


@pytest.fixture
def gateway(board: VirtualBoard, broker: ScriptedBroker) -> PlayedGateway:
    played = PlayedGateway(broker.next_link().accept())
    played.until("report", lambda item: "u" in item)
    return played


@pytest.fixture
def terminal(board: VirtualBoard, gateway: PlayedGateway) -> Iterator[serial.Serial]:
    with serial.Serial(board.port, 115200, timeout=10) as opened:
        yield opened


def ask(terminal: serial.Serial, line: str) -> dict[str, Any]:
    terminal.write(f"{line} json\r\n".encode())
    answer: dict[str, Any] = json.loads(terminal.readline())
    return answer


def test_status_and_sensors_say_what_the_node_is_doing(terminal: serial.Serial, gateway: PlayedGateway) -> None:
    status = ask(terminal, "status")
    assert status["linked"] is True and status["safe_mode"] is False
    assert (status["boot"], status["settings"], status["local_changes"]) == (gateway.boot, 0, [])
    assert status["utc_error_ms"] < 2000
    sensors = ask(terminal, "sensors")
    assert sensors["parts"] == [[1, "jxct_tvoc", ""]]
    [row] = sensors["slot, quantity, quality, n, mean, least, greatest"]
    assert row[:2] == [1, 30] and row[2] in ("no_reply", "not_measured")


def test_help_in_text_names_every_command_and_so_does_an_unknown_one(terminal: serial.Serial) -> None:
    terminal.write(b"help\n")
    text = b"".join(terminal.readline() for _ in range(7)).decode()
    for command in ("help", "status", "sensors", "raw <port> [seconds]", "selftest", "set <key> <json>"):
        assert command in text
    assert ask(terminal, "dance")["error"] == "no such command: dance"


def test_selftest_names_the_sensor_that_is_silent(terminal: serial.Serial) -> None:
    found = ask(terminal, "selftest")
    results = {name: passed for name, passed, _ in found["checks"]}
    assert results == {"slot 1": False, "link": True, "clock": True, "flash": True, "drivers": True}
    assert found["ok"] is False


def test_raw_shows_the_bytes_of_a_port_in_hex(terminal: serial.Serial) -> None:
    found = ask(terminal, "raw 1 4")
    assert found["port"] == 1
    # A Modbus request to address 1, function 3.
    assert any(way == "sent" and data.startswith("0103") for way, data in found["bytes"])
    assert "no part uses such a port; in use: [1]" in ask(terminal, "raw 0")["error"]


def test_set_is_checked_told_and_holds_until_the_fleet_sends_settings(terminal: serial.Serial, gateway: PlayedGateway) -> None:
    assert ask(terminal, "set period_ms 5")["ok"] is False
    ((named, allowed),) = ask(terminal, "set nonsense 5")["faults"]
    assert named == "nonsense" and allowed.startswith("no such key; there are: ") and "period_ms" in allowed
    assert "error" in ask(terminal, "set period_ms soon")
    assert ask(terminal, 'set sensors [{"slot":0,"part":"pms5003","port":7}]')["ok"] is False
    assert ask(terminal, "set period_ms 2000")["ok"] is True
    assert gateway.until("event", lambda item: item["k"] == "local_change")["a"] == {"key": "period_ms"}
    assert gateway.until("report", lambda item: item["d"] == 2000)["c"] == 0
    assert ask(terminal, "status")["local_changes"] == ["period_ms"]
    gateway.say("config", sealed("config", {"v": 1, "set": SETTINGS}))
    assert gateway.until("report", lambda item: item["c"] == 1 and item["d"] == 1000)
    assert ask(terminal, "status")["local_changes"] == []


def test_mpremote_finds_the_prompt_as_without_a_console(board: VirtualBoard, gateway: PlayedGateway) -> None:
    command = [sys.executable, "-m", "mpremote", "connect", board.port, "exec", "print(6 * 7)"]
    assert subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout == "42\n"


def test_status_says_who_the_node_is_and_each_step_of_its_link(terminal: serial.Serial) -> None:
    status = ask(terminal, "status")
    assert (status["node"], status["gateway"], status["site"], status["hw"]) == (NODE, "g-1", "s-1", "virtual")
    assert [step[:2] for step in status["link"]] == [[step, True] for step in ("wifi", "address", "broker", "login", "gateway")]
    assert status["link"][0][2] == "-60 dBm"
    assert "key" not in status


@pytest.mark.parametrize(
    ("access_point", "told"), [(words.AP_REFUSES, "wifi: wrong password"), (words.AP_NO_DHCP, "wifi: connecting"), (0, "wifi: no ap found")]
)
def test_selftest_says_why_there_is_no_wifi(board: VirtualBoard, access_point: int, told: str) -> None:
    board.set_access_point(access_point)
    with serial.Serial(board.port, 115200, timeout=10) as terminal:
        until_link(terminal, told)


def until_link(terminal: serial.Serial, told: str) -> None:
    """Asks until the node says so of its link; each question takes a tenth of a second."""
    seen: list[Any] = []
    for _ in range(300):
        seen = next(check[1:] for check in ask(terminal, "selftest")["checks"] if check[0] == "link")
        if seen[0] is False and seen[1].startswith(told):
            return
    raise AssertionError(seen)


def test_selftest_says_that_no_broker_listens(board: VirtualBoard) -> None:
    board.cut_power()
    port = free_port()
    board.flash({"/identity.json": identity(port, SETTINGS)})
    board.start()
    with serial.Serial(board.port, 115200, timeout=10) as terminal:
        until_link(terminal, f"broker: 127.0.0.1:{port}: no broker listens there")


def test_selftest_says_that_the_broker_refuses_and_that_the_gateway_is_silent(board: VirtualBoard, broker: ScriptedBroker) -> None:
    link = broker.next_link()
    link.next_packet(packets.CONNECT)
    with serial.Serial(board.port, 115200, timeout=10) as terminal:
        link.send(b"\x20\x02\x00\x05")
        until_link(terminal, "login: not allowed")
        broker.next_link().accept()
        until_link(terminal, "gateway: does not answer")


def test_a_version_of_settings_that_is_too_far_ahead_is_refused_and_the_next_is_taken(gateway: PlayedGateway) -> None:
    gateway.say("config", sealed("config", {"v": 2**31 - 1, "set": SETTINGS}))
    refused = gateway.until("applied")
    assert (refused["c"], refused["ok"], refused["f"]) == (2**31 - 1, False, ["v: at most 10000, this is too far ahead"])
    gateway.say("config", sealed("config", {"v": 1, "set": SETTINGS}))
    assert gateway.until("applied", lambda item: item["ok"])["c"] == 1


def test_a_node_that_holds_a_version_from_which_nobody_can_go_on_takes_settings_again(board: VirtualBoard, broker: ScriptedBroker) -> None:
    board.cut_power()
    board.flash({"/settings-a": stored(2**31 - 1, b'{"period_ms":9000}'), "/trial-a": stored(1, b"%d 0 0 0 1" % (2**31 - 1))})
    board.start()
    played = PlayedGateway(broker.next_link().accept())
    assert played.until("hello")["c"] == 0
    assert played.until("event", lambda item: item["k"] == "settings_lost")
    played.say("config", sealed("config", {"v": 3, "set": SETTINGS}))
    assert played.until("applied")["ok"] is True


def stored(number: int, content: bytes) -> bytes:
    rest = b"%d\n" % number + content
    return b"%08x " % binascii.crc32(rest) + rest


def test_the_technicians_tool_asks_a_running_node(board: VirtualBoard, gateway: PlayedGateway) -> None:
    ended = CliRunner().invoke(technician_app, ["console", board.port, "status", "--json"])
    assert ended.exit_code == 0, ended.output
    assert json.loads(ended.stdout)["boot"] == gateway.boot
    shown = CliRunner().invoke(technician_app, ["console", board.port, "status"]).output
    assert all(word in shown for word in (NODE, "g-1", "virtual", "-60 dBm", "acknowledges"))
    found = json.loads(CliRunner().invoke(technician_app, ["list", board.port, "--json"]).stdout)["ports"][0]
    assert (found["what"], found["node"], found["board"]) == ("a running node", NODE, "virtual")
    values = json.loads(CliRunner().invoke(technician_app, ["console", board.port, "sensors", "--json"]).stdout)["values"]
    assert {value["quantity"] for value in values} == {"tvoc"}
    assert len(board.boots) == 1  # it goes on running
    refused = CliRunner().invoke(technician_app, ["console", board.port, "set", "period_ms", "5", "--json"])
    assert (refused.exit_code, json.loads(refused.stdout)["ok"]) == (1, False)
