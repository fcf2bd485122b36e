"""A node that its own drivers bring down again and again keeps them off, and keeps the link: it says why, and obeys new settings."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.parts import UART_PARTS
from contract.quality import NOT_MEASURED
from firmware.tests.far_end import sealed
from hil_tests.board.board import VirtualBoard
from hil_tests.mqtt.broker import ScriptedBroker
from hil_tests.scripted_gateway import PlayedGateway
from hil_tests.tests.test_node_on_virtual_board import compiled, identity
from technician.build import flash_files

pytestmark = pytest.mark.hil

RATE = 20.0
SENSOR = {"slot": 0, "part": "pms5003", "port": 0}
SETTINGS: dict[str, Any] = {"period_ms": 1000, "sensors": [SENSOR]}
FILE = f"/a/node/drivers/{UART_PARTS['pms5003']}.mpy"
OF_THE_OTHER_PART: dict[str, Any] = {"period_ms": 1000, "sensors": [{"slot": 1, "part": "jxct_tvoc", "port": 1}]}

BREAKS_WHEN_BUILT = """
LINE = (9600, 8, "N", 1)

def channels(slot, part):
    return [(slot, 1)]

def build(sensor, port, sampler, uptime_ms):
    raise RuntimeError("the driver is broken")
"""
BREAKS_WHEN_LOADED = "raise RuntimeError('the file is broken')"
HANGS = """
import time

LINE = (9600, 8, "N", 1)

def channels(slot, part):
    return [(slot, 1)]

def build(sensor, port, sampler, uptime_ms):
    return Driver(slot_of(sensor))

def slot_of(sensor):
    return sensor["slot"]

class Driver:
    part = "pms5003"
    counters = {}

    def __init__(self, slot):
        self.channels = [(slot, 1)]

    def identity(self):
        return []

    async def run(self, beat):
        while True:
            time.sleep_ms(100)
"""


@pytest.fixture
def broker() -> Iterator[ScriptedBroker]:
    scripted = ScriptedBroker()
    yield scripted
    scripted.close()


def start(folder: Path, broker: ScriptedBroker, driver: str) -> VirtualBoard:
    board = VirtualBoard(folder / "board", unique_id="0102030405060708", rate=RATE)
    own = {FILE: compiled(driver), "/identity.json": identity(broker.port, SETTINGS)}
    board.flash({**flash_files("virtual"), **own})
    board.start()
    return board


def link_of_boot(board: VirtualBoard, broker: ScriptedBroker, count: int) -> PlayedGateway:
    # The links of boots before it are dead, or never were.
    board.wait_for_boots(count)
    while True:
        gateway = PlayedGateway(broker.next_link().accept())
        try:
            gateway.until("event", lambda item: item["k"] == "safe_mode")
            return gateway
        except (OSError, EOFError):
            continue


@pytest.mark.parametrize(("driver", "channels"), [(BREAKS_WHEN_BUILT, [[0, 1, NOT_MEASURED, 0]]), (BREAKS_WHEN_LOADED, [])])
def test_crashes_in_a_row_keep_the_link_tell_why_and_end_with_new_settings(
    tmp_path: Path, broker: ScriptedBroker, driver: str, channels: list[Any]
) -> None:
    with start(tmp_path, broker, driver) as board:
        gateway = link_of_boot(board, broker, 5)
        told = [item["a"] for kind, item in gateway.items if kind == "event" and item["k"] == "safe_mode"]
        assert told[0]["boots"] == 4
        assert "is broken" in told[0]["why"]
        assert gateway.until("report")["ch"] == channels
        gateway.say("config", sealed("config", {"v": 1, "set": OF_THE_OTHER_PART}))
        left = gateway.until("event", lambda item: item["k"] == "safe_mode_left")
        assert left["a"] == {"why": "new settings"}
        assert gateway.until("report", lambda item: item["c"] == 1 and item["d"] == 1000)["ch"][0][:2] == [1, 30]
        assert len(board.boots) == 5


def test_a_driver_that_hangs_the_loop_ends_in_safe_mode_too(tmp_path: Path, broker: ScriptedBroker) -> None:
    with start(tmp_path, broker, HANGS) as board:
        gateway = link_of_boot(board, broker, 5)
        assert {ended for _, ended in board.boots[:4]} == {"wdt"}
        assert gateway.until("report")["ch"] == [[0, 1, NOT_MEASURED, 0]]
