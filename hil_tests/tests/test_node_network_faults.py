"""What a network does to a node in the field, on the virtual board: it comes back by itself, with all its reports, and never reboots."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware.tests.far_end import KEY, NODE
from hil_tests.board.board import VirtualBoard
from hil_tests.board.device import words
from hil_tests.mqtt.broker import ScriptedBroker
from hil_tests.scripted_gateway import PlayedGateway
from technician.build import flash_files

pytestmark = pytest.mark.hil

SETTINGS = {"period_ms": 10000, "sensors": [{"slot": 1, "part": "jxct_tvoc", "port": 1}]}


@pytest.fixture
def broker() -> Iterator[ScriptedBroker]:
    scripted = ScriptedBroker()
    yield scripted
    scripted.close()


@pytest.fixture
def board(tmp_path: Path, broker: ScriptedBroker) -> Iterator[VirtualBoard]:
    identity = {
        "node": NODE,
        "key": KEY.hex(),
        "wifi": {"ssid": "s", "password": "p"},
        "broker": {"host": "127.0.0.1", "port": broker.port},
        "settings": SETTINGS,
    }
    with VirtualBoard(tmp_path / "board", unique_id="0102030405060708", rate=20.0) as board:
        board.flash({**flash_files("virtual"), "/identity.json": json.dumps(identity).encode()})
        board.start()
        yield board
        assert [boot for boot in board.boots if boot[1] is not None] == []


@pytest.mark.parametrize("state", [words.AP_GONE, words.AP_REFUSES, words.AP_NO_DHCP], ids=["gone", "wrong_password", "no_dhcp"])
def test_access_point_fails_and_comes_back(board: VirtualBoard, broker: ScriptedBroker, state: int) -> None:
    link = broker.next_link().accept()
    first = PlayedGateway(link)
    first.until("report")
    board.set_access_point(state)
    assert link.ended.wait(20)
    board.set_access_point(words.AP_GOOD)
    again = PlayedGateway(broker.next_link(30).accept(), before=first)
    again.until_all(max(first.numbers()) + 2)
    assert again.boot == first.boot


def test_replaced_gateway_that_knows_nothing_gets_what_was_not_acknowledged(board: VirtualBoard, broker: ScriptedBroker) -> None:
    link = broker.next_link().accept()
    first = PlayedGateway(link, acknowledges=False)
    first.until_seq(2)
    link.close()
    again = PlayedGateway(broker.next_link(30).accept())
    assert again.until("hello")["q"] == 0
    while not set(again.numbers()) >= {0, 1, 2, 3}:
        again.turn()  # raises when nothing more comes
    assert again.boot == first.boot


def test_half_open_connection_is_found_by_the_ping(board: VirtualBoard, broker: ScriptedBroker) -> None:
    link = broker.next_link().accept()
    PlayedGateway(link).until("report")
    again = broker.next_link(30)
    assert link.ended.wait(20)
    assert PlayedGateway(again.accept()).until("report")["q"] > 0
