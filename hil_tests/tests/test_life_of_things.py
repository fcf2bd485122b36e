"""A board that died is replaced under the name of its node, and a node goes to another gateway while it reports: real boards' programs,
gateways and fleet; every report is in the record once, and no series is broken.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hil_tests.board.board import VirtualBoard
from hil_tests.district import District
from hil_tests.plan import EAST_GATE, PMS, RIVER_PARK, DistrictPlan, NodePlan, one_node
from hil_tests.processes import wait_until
from hil_tests.sensors.scenario import steady
from hil_tests.virtual_node import VirtualNode

pytestmark = pytest.mark.hil

NODE = "east-1"


def numbers(made: District, boot: str) -> list[int]:
    """Of every item of that boot that the record holds."""
    return [item["seq"] for item in made.items(NODE) if item["boot"] == boot]


def received(made: District, hardware: int) -> int:
    return sum(boot["received"] for boot in made.ledger(NODE) if boot["hardware"] == hardware)


@pytest.fixture
def spare(tmp_path: Path) -> Iterator[VirtualBoard]:
    board = VirtualBoard(tmp_path / "spare", unique_id="00000000000000ff")
    yield board
    board.stop()


def test_a_dead_board_is_replaced_under_the_name_of_its_node(district: Callable[..., District], spare: VirtualBoard) -> None:
    made = district(one_node(period_ms=1000))
    made.wait_for_items(5, within_s=60)
    old = made.nodes[NODE]
    old.stop()
    answer = made.fleet.api.post(f"nodes/{NODE}/hardware", {"sensors": "kept", "reason": "the board died in the storm"})

    new = VirtualNode(old.plan, spare, made.host, steady(), seed=1)
    new.flash(answer["key"], made.gateways["east-gate"].broker.port)
    new.connect_sensors()
    made.nodes[NODE] = new
    spare.start()
    wait_until(lambda: received(made, 2) >= 5, within_s=60, what=f"reports of the new board; its console: {spare.console()[-600:]}")

    ledger = made.fleet.api.get(f"nodes/{NODE}/ledger")
    first, second = ledger["hardware"]
    assert (first["number"], second["number"], second["from_ms"], second["to_ms"]) == (1, 2, first["to_ms"], None)
    assert [(boot["hardware"], boot["missing"]) for boot in ledger["boots"]] == [(1, []), (2, [])]
    assert ledger["boots"][0]["ended_by"] == ledger["boots"][1]["boot"]
    for boot in ledger["boots"]:
        seqs = numbers(made, boot["boot"])
        assert seqs == list(range(len(seqs)))
    wait_until(
        lambda: made.fleet.api.get(f"nodes/{NODE}/settings")["state"] == "confirmed", within_s=30, what="the settings of the new board"
    )
    site = made.fleet.api.get("sites/east-gate/series", quantity="pm2_5_atm")
    (position,) = site["positions"]
    starts = [point["start_ms"] for point in position["points"]]
    assert starts == sorted(set(starts)) and starts[0] < second["from_ms"] < starts[-1]


def test_a_node_goes_to_another_gateway_while_it_reports(tmp_path: Path, seed: int) -> None:
    node = NodePlan(NODE, EAST_GATE.id, (PMS,), {"period_ms": 1000, "resend_ms": 1000})
    with District(DistrictPlan((EAST_GATE, RIVER_PARK), (node,)), tmp_path, seed=seed % 100_000) as made:
        east, river = made.gateways["east-gate"], made.gateways["river-park"]
        # Both hear the broker of the node: whose it is, only the fleet decides.
        river.configuration.write_text(river.configuration.read_text().replace(f"port = {river.broker.port}", f"port = {east.broker.port}"))
        made.start()
        made.wait_for_items(8, within_s=60)
        moved = made.fleet.api.patch(f"nodes/{NODE}", {"gateway": river.name, "reason": "east-gate is taken down"})
        assert sorted(moved["documents"]) == [east.name, river.name]
        at_move = made.received(NODE)
        made.wait_for_items(at_move + 10, within_s=60)
        # The other one is gone for good, and what it held is in the record.
        wait_until(lambda: _waiting(east.status()) == 0, within_s=30, what="everything delivered by the gateway that the node left")
        made.fleet.api.post(f"gateways/{east.name}/retirement", {"reason": "taken down"})
        made.wait_for_items(made.received(NODE) + 5, within_s=60)

        (boot,) = made.ledger(NODE)
        seqs = numbers(made, boot["boot"])
        assert (seqs, boot["missing"], boot["dropped"]) == (list(range(len(seqs))), [], [])
        series = made.fleet.api.get(f"nodes/{NODE}/series", quantity="pm2_5_atm")
        starts = [point["start_ms"] for point in series["points"]]
        reports = [item["time"]["start_ms"] for item in made.reports(NODE)]
        assert starts == sorted(set(starts)) and set(starts) <= set(reports)
        site = made.fleet.api.get("sites/east-gate/series", quantity="pm2_5_atm")
        assert [one["position"] for one in site["positions"]] == [1]


def _waiting(status: dict[str, Any]) -> int:
    return int(status["backlog"]["waiting"])
