"""After a reset without a power cut a node dates its reports before the gateway has answered; after a power cut it does not."""

from pathlib import Path

import pytest

from hil_tests.board.board import VirtualBoard
from hil_tests.mqtt.broker import ScriptedBroker
from hil_tests.scripted_gateway import PlayedGateway
from hil_tests.tests.test_node_on_virtual_board import SETTINGS, identity
from technician.build import flash_files

pytestmark = pytest.mark.hil


def test_utc_is_there_after_a_reset_and_gone_after_a_power_cut(tmp_path: Path) -> None:
    broker = ScriptedBroker()
    with VirtualBoard(tmp_path / "board", unique_id="0102030405060708") as board:
        board.flash({**flash_files("virtual"), "/identity.json": identity(broker.port, SETTINGS)})
        board.start()
        gateway = PlayedGateway(broker.next_link().accept())
        gateway.until("report", lambda item: "u" in item)
        assert "u" not in gateway.items[0][1]
        before = gateway.items[-1][1]
        board.kill()
        gateway = PlayedGateway(broker.next_link().accept())
        hello = gateway.until("hello")
        assert before["u"] - before["e"] - hello["e"] <= hello["u"] <= before["u"] + 60000
        assert 1000 <= hello["e"] < 10000
        board.cut_power()
        board.power_on()
        gateway = PlayedGateway(broker.next_link().accept())
        assert "u" not in gateway.until("hello")
    broker.close()
