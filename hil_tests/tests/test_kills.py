"""kill -9 of gateways, brokers and the fleet service at random moments under load: nothing lost, nothing twice, the ledger agrees."""

import random
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from itertools import pairwise

import pytest

from hil_tests.district import District
from hil_tests.load_node import LoadNode, hello, report
from hil_tests.plan import small_district
from hil_tests.processes import Program, wait_until

pytestmark = [pytest.mark.hil, pytest.mark.deep]

# Every program at least once.
SAMPLE_KILLS, DEEP_KILLS = 12, 24
LOAD_PER_S = 40
BOOT = "0000000100c0ffee"


def test_kills_under_load_lose_and_double_nothing(district: Callable[..., District], seed: int, deep: bool) -> None:
    made = district(small_district(period_ms=1000))
    with ExitStack() as open_nodes:
        loads = [open_nodes.enter_context(closing(load_node(made, site))) for site in made.gateways]
        made.wait_for_items(3, within_s=60)
        kills = DEEP_KILLS if deep else SAMPLE_KILLS
        sent = kill_under_load(made, loads, kills, random.Random(seed))
        for load in loads:
            load.wait_for_acks(within_s=90)
    for load in loads:
        all_of_the_load_is_in_the_record(made, load.node, sent)
    for node in made.nodes:
        board_has_lost_nothing(made, node, kills)


def load_node(district: District, site: str) -> LoadNode:
    name = f"load-{site}"
    described = {"id": name, "gateway": f"gw-{site}", "site": site}
    key = bytes.fromhex(district.fleet.api.post("nodes", described)["key"])
    load = LoadNode(name, key, BOOT, district.gateways[site].broker.port)
    load.send("hello", [hello(0)])
    load.wait_for_acks(within_s=30)
    return load


def kill_under_load(district: District, loads: list[LoadNode], kills: int, chance: random.Random) -> int:
    """Answers the greatest sequence number that every load node sent."""
    targets: list[tuple[Program, Callable[[], None]]] = [(district.fleet.program, district.fleet.start)]
    for gateway in district.gateways.values():
        targets += [(gateway.program, gateway.program.start), (gateway.broker.program, gateway.broker.start)]
    seq = 0
    for kill in range(kills):
        program, start = targets[kill] if kill < len(targets) else chance.choice(targets)
        seq = load_for(chance.uniform(0.1, 1.5), loads, seq)
        program.kill()
        seq = load_for(chance.uniform(0, 1.0), loads, seq)
        start()
    return load_for(1, loads, seq)


def load_for(seconds: float, loads: list[LoadNode], seq: int) -> int:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        seq += 1
        for load in loads:
            load.send("report", [report(seq, seq * 25, round(time.time() * 1000), 25)])
            load.resend_due()
        time.sleep(1 / LOAD_PER_S)
    return seq


def all_of_the_load_is_in_the_record(district: District, node: str, sent: int) -> None:
    wait_until(lambda: district.received(node) == sent + 1, within_s=90, what=f"{sent + 1} items of {node} in the record", every_s=0.5)
    items = list(district.items(node))
    assert [item["seq"] for item in items] == list(range(sent + 1))
    assert all(item["body"]["ch"][0][4] == item["seq"] % 1000 for item in items[1:])
    (boot,) = district.ledger(node)
    assert boot["missing"] == [] and boot["dropped"] == []


def board_has_lost_nothing(district: District, node: str, kills: int) -> None:
    wait_until(lambda: not any(boot["missing"] for boot in district.ledger(node)), within_s=60, what=f"no gap in {node}", every_s=0.5)
    (boot,) = district.ledger(node)
    assert boot["dropped"] == []
    bodies = [item["body"] for item in district.reports(node)]
    gaps = [(a["s"], b["s"]) for a, b in pairwise(bodies) if b["s"] != a["s"] + a["d"]]
    assert gaps == [] and len(bodies) > kills  # a report a second, and about a kill a second
