"""Eight hours of a gateway in half a minute: 115,200 reports of 40 nodes, its fleet away half of the time. A day: make test-deep. 30 days:
make soak."""

from pathlib import Path

import pytest

from hil_tests.gateway_soak import BUDGET_BYTES, GatewaySoak, fast_folder

pytestmark = [pytest.mark.hil, pytest.mark.deep]

# The first absence, a quarter of all, overflows the buffer.
SAMPLE, DEEP = (8, BUDGET_BYTES // 3), (24, BUDGET_BYTES)


async def test_hours_with_the_fleet_away_half_of_them_are_accounted_for_in_flat_memory_and_a_small_buffer(seed: int, deep: bool) -> None:
    hours, budget_bytes = DEEP if deep else SAMPLE
    with fast_folder() as folder:
        soak = GatewaySoak(Path(folder), seed, hours, budget_bytes)
        await soak.go()
    assert soak.faults() == [], soak.samples
    assert soak.seq > 360 * hours
    assert soak.away_steps * 2 == 360 * hours
    assert soak.record.whys, "the buffer was too small for the longest absence"
