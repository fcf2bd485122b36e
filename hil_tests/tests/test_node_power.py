"""A node that is killed or loses its power comes back by itself; at most what nobody had acknowledged is missing, and it shows."""

import random
import time
from collections.abc import Callable
from itertools import pairwise

import pytest

from hil_tests.district import District
from hil_tests.plan import one_node
from hil_tests.processes import wait_until

pytestmark = pytest.mark.hil

NODE = "east-1"
PERIOD_MS = 1000
CUTS = 6
RATE = 4  # of the board's time


def wait_for_boots(district: District, count: int) -> None:
    def enough() -> bool:
        boots = district.ledger(NODE)
        return len(boots) == count and boots[-1]["received"] >= 4

    wait_until(enough, within_s=40, what=f"boot {count} of {NODE} reporting", every_s=0.2)


def wait_until_whole(district: District) -> None:
    """What the gateway has of earlier boots may reach the record after what is new."""
    wait_until(lambda: all(boot["missing"] == [] for boot in district.ledger(NODE)), within_s=40, what="records without a gap")


def test_a_node_comes_back_after_kills_and_power_cuts(district: Callable[..., District], seed: int) -> None:
    chance = random.Random(seed)
    made = district(one_node(period_ms=PERIOD_MS), rate=RATE)
    board = made.nodes[NODE].board
    wait_for_boots(made, 1)
    causes = ["power_on"]
    for cut in range(CUTS):
        time.sleep(chance.uniform(0, 1.5) / RATE)
        if cut % 2:
            board.cut_power()
            board.power_on()
            causes.append("power_on")
        else:
            board.kill()
            causes.append("hard")
        wait_for_boots(made, cut + 2)

    wait_until_whole(made)
    boots = made.ledger(NODE)
    assert len({boot["boot"] for boot in boots}) == CUTS + 1
    assert [boot["reset_cause"] for boot in boots] == causes
    for boot, following in pairwise(boots):
        assert boot["ended"] and boot["ended_by"] == following["boot"]
    assert not boots[-1]["ended"]
    for boot in boots:
        bodies = [item["body"] for item in made.items(NODE) if item["boot"] == boot["boot"]]
        assert [body["q"] for body in bodies] == list(range(len(bodies)))


def test_only_what_was_unacknowledged_is_missing(district: Callable[..., District]) -> None:
    made = district(one_node(period_ms=PERIOD_MS))
    node, gateway = made.nodes[NODE], made.gateways["east-gate"]
    sensor = node.parts[0]
    wait_for_boots(made, 1)
    wait_until(lambda: bool(sensor.shown), within_s=40, what="a first frame of the sensor, which may come after the first reports")
    began = time.monotonic()
    acknowledged = end_of_last_report(made, 0)
    gateway.program.kill()
    meanwhile_ms = int((time.monotonic() - began) * 1000)
    killed_ms = sensor.shown[-1][0]
    wait_until(lambda: sensor.shown[-1][0] >= killed_ms + 5 * PERIOD_MS, within_s=40, what="five periods without a gateway")
    node.board.cut_power()
    gateway.program.start()
    node.board.power_on()
    wait_for_boots(made, 2)
    wait_until_whole(made)
    first, second = made.ledger(NODE)
    assert first["ended"] and first["ended_by"] == second["boot"]
    # What the gateway had committed when it was killed came with its return; the five periods after it were in RAM only.
    assert acknowledged <= end_of_last_report(made, 0) <= acknowledged + meanwhile_ms + 3 * PERIOD_MS


def end_of_last_report(district: District, boot: int) -> int:
    """Uptime in ms at which the newest report of a boot in the record ended."""
    name = district.ledger(NODE)[boot]["boot"]
    last = [item["body"] for item in district.reports(NODE) if item["boot"] == name][-1]
    return int(last["s"] + last["d"])


def test_power_cut_at_every_block_operation_of_a_boot(district: Callable[..., District]) -> None:
    made = district(one_node(period_ms=PERIOD_MS), rate=RATE)
    board = made.nodes[NODE].board
    wait_for_boots(made, 1)
    cuts = 0
    while True:
        board.cut_power()
        before = len(made.ledger(NODE))
        board.cut_power_at(cuts + 1, torn=True)
        board.power_on()
        wait_until(lambda before=before: not board.running or len(made.ledger(NODE)) > before, within_s=30, what="a cut or a boot")  # type: ignore[misc]
        if board.running:
            break
        cuts += 1
        assert cuts < 200, "a boot writes without end"
    assert cuts >= 1, "no boot ever wrote: the boot counter is not kept"
    boots = [boot["boot"] for boot in made.ledger(NODE)]
    assert len(set(boots)) == len(boots)
