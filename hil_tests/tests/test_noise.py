"""One byte in a hundred is noise, on every line and in both directions: no wrong value in the record, the rejects counted."""

from collections.abc import Callable

import pytest

from contract.quality import OK
from contract.quantities import BY_ID, ID, scale
from hil_tests.district import District
from hil_tests.plan import small_district
from hil_tests.processes import wait_until
from hil_tests.sensors.scenario import steady

pytestmark = pytest.mark.hil

RATE = 10
NOISE = 0.01
REPORTS_IN_NOISE = 60
# Of a node's values in this time; a forgery that stays within what air does by itself is rare, and none goes beyond.
MOST_FORGED = 12
STEADY = {"pm2_5_atm": 87.0, "tvoc": 412.0, "temperature": 17.5, "humidity": 58.2}


def test_noise_makes_no_wrong_value(district: Callable[..., District]) -> None:
    made = district(small_district(period_ms=5000), rate=RATE, scenario=steady(**STEADY))
    made.wait_for_items(12, within_s=60)
    for node in made.nodes.values():
        for both_ways in node.faults.values():
            for faults in both_ways:
                faults.on("garble", NOISE)
    made.wait_for_items(12 + REPORTS_IN_NOISE, within_s=120)
    for name, node in made.nodes.items():
        assert sum(to_board.injected["garble"] for to_board, _ in node.faults.values()) > 20, name
        nothing_wrong(made, name)
        rejects_are_counted(made, name)


def nothing_wrong(district: District, node: str) -> None:
    parts = district.nodes[node].parts
    good = forged = 0
    for report in district.reports(node):
        for slot, quantity, quality, _, *values in report["body"]["ch"]:
            if quality == OK:
                key = BY_ID[quantity][1]
                shown = round(parts[slot].shown_between(0, float("inf"), key)[-1] * scale(quantity))
                if set(values) != {shown}:
                    assert max(abs(value - shown) for value in values) <= hidden(key, shown), (node, report["seq"], slot, key, values)
                    forged += 1
                good += 1
    assert good > 100, f"{node}: data did not continue"
    assert forged <= MOST_FORGED, f"{node}: {forged} of {good} values moved by noise"


def hidden(key: str, shown: int) -> int:
    """How far noise may move a value unseen: a Plantower sum is additive, so two damaged bytes may cancel (plantower_weak_checks.py)."""
    factor = scale(ID[key])
    if key.startswith("count_"):
        return 10 * factor + shown // 8
    return 3 * factor + shown // 16 if key.startswith("pm") else 0


def rejects_are_counted(district: District, node: str) -> None:
    def counted() -> bool:
        counters = [item["body"]["a"] for item in district.items(node) if item["kind"] == "event" and item["body"]["k"] == "counters"]
        told = {key for shown in counters for key in shown}
        return all(any(key.startswith(f"{slot}.rejected_") for key in told) for slot in district.nodes[node].parts)

    wait_until(counted, within_s=90, what=f"counters events of {node} with rejects of each of its lines", every_s=1)
