"""What a node cannot deliver is in its flash: after a power cut and with the broker back, every period is in the record, once."""

from collections.abc import Callable

import pytest

from hil_tests.district import District
from hil_tests.plan import one_node
from hil_tests.processes import wait_until

pytestmark = pytest.mark.hil

NODE = "east-1"
PERIOD_MS = 1000
SPOOLED = 10


def numbers(district: District, boot: str) -> list[int]:
    return [item["body"]["q"] for item in district.items(NODE) if item["boot"] == boot]


def test_periods_of_an_outage_that_ends_in_a_power_cut_are_in_the_record_once(district: Callable[..., District]) -> None:
    made = district(one_node(period_ms=PERIOD_MS, spool_after_s=10))
    board, gateway = made.nodes[NODE].board, made.gateways["east-gate"]
    made.wait_for_items(4, within_s=40)
    (boot,) = [entry["boot"] for entry in made.ledger(NODE)]
    before = board.block_operations
    gateway.broker.program.kill()
    # The first write to flash tells that ten seconds of periods are there; the second that the write had returned.
    wait_until(lambda: board.block_operations >= before + SPOOLED, within_s=60, what="items in flash", every_s=0.2)
    board.cut_power()
    gateway.broker.start()
    board.power_on()
    wait_until(
        lambda: len(made.ledger(NODE)) == 2 and made.ledger(NODE)[-1]["received"] >= 8, within_s=60, what="the second boot", every_s=0.5
    )
    # Some of it may come after the rest: the gateway sends on what is new first.
    wait_until(
        lambda: len(numbers(made, boot)) >= 4 + SPOOLED and made.ledger(NODE)[0]["missing"] == [],
        within_s=60,
        what="the history of the first boot",
        every_s=0.5,
    )
    found = numbers(made, boot)
    assert found == list(range(len(found)))
