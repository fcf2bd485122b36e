"""The whole firmware on a board whose tick counter wraps while it runs."""

from itertools import pairwise
from pathlib import Path

import pytest

from hil_tests.board.board import VirtualBoard
from hil_tests.mqtt.broker import ScriptedBroker
from hil_tests.scripted_gateway import PlayedGateway
from hil_tests.tests.test_node_on_virtual_board import RATE, SETTINGS, identity
from technician.build import flash_files

pytestmark = pytest.mark.hil

TICKS_PERIOD = 1 << 30


def test_defect_10_periods_and_dates_go_on_over_the_wrap_of_the_ticks(tmp_path: Path) -> None:
    broker = ScriptedBroker()
    board = VirtualBoard(tmp_path / "board", unique_id="0102030405060708", rate=RATE, ticks_start_ms=TICKS_PERIOD - 8000)
    board.flash({**flash_files("virtual"), "/identity.json": identity(broker.port, SETTINGS)})
    board.start()
    try:
        gateway = PlayedGateway(broker.next_link().accept())
        gateway.until_seq(15)
    finally:
        board.stop()
        broker.close()
    reports = [item for kind, item in gateway.items if kind == "report"]
    assert reports[-1]["s"] > 8000
    assert all(before["s"] + before["d"] == after["s"] for before, after in pairwise(reports))
    dated = [report for report in reports if "u" in report]
    assert {abs(report["u"] - report["s"] - dated[0]["u"] + dated[0]["s"]) <= report["e"] + dated[0]["e"] for report in dated} == {True}
