"""The whole firmware on the virtual board, on the RS-485 of a real gateway process: no network between them, a line of 9600 baud."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from firmware.tests.far_end import KEY, NODE
from hil_tests.board.board import VirtualBoard
from hil_tests.stand_in_fleet.fleet import CODE, StandInFleet
from hil_tests.tests.test_gateway_sources import Site
from hil_tests.tests.test_node_on_serial_line import ADDRESS, Wire
from technician.build import flash_files

pytestmark = pytest.mark.hil

LINE = {"source": "yard", "kind": "nodes", "port": "rs485", "baud": 9600, "nodes": [{"node": NODE, "address": ADDRESS}]}
IDENTITY = {
    "node": NODE,
    "key": KEY.hex(),
    "serial": {"mode": "multidrop", "port": 0, "baud": 9600, "address": ADDRESS},
    "settings": {"period_ms": 1000, "sensors": [{"slot": 1, "part": "jxct_tvoc", "port": 1}]},
}


@pytest.fixture
async def fleet() -> AsyncIterator[StandInFleet]:
    fleet = StandInFleet()
    await fleet.start()
    yield fleet
    await fleet.stop()


async def test_reports_of_a_wired_board_reach_the_fleet_dated_and_its_settings_reach_it(tmp_path: Path, fleet: StandInFleet) -> None:
    node = {"node": NODE, "key": KEY.hex(), "settings": {"period_ms": 2000}, "settings_version": 1}
    with VirtualBoard(tmp_path / "board", unique_id="0102030405060708") as board:
        board.flash({**flash_files("virtual"), "/identity.json": json.dumps(IDENTITY).encode()})
        board.start()
        wire = Wire(board.uart_master_fd(0))
        try:
            site = Site(tmp_path, fleet, {}, {"rs485": wire.port})
            await site.run("enrol", "--code", CODE)
            await fleet.desire([node], sources=[LINE])
            async with site.running():
                await fleet.wait(
                    lambda: any(item["kind"] == "applied" for item in fleet.items.values()), within_s=90, what="settings applied"
                )
                seen = len(fleet.items)
                await fleet.wait(lambda: len(fleet.items) >= seen + 5, within_s=90, what="reports under them")
        finally:
            wire.close()
        assert [boot for boot in board.boots if boot[1] is not None] == []
    own = {key: item for key, item in fleet.items.items() if key[0] == NODE}
    assert sorted(seq for _, _, seq in own) == list(range(len(own))), "none missing, none twice"
    newest = own[max(own)]
    assert newest["kind"] == "report" and newest["body"]["c"] == 1 and newest["time"]["how"] == "node"
