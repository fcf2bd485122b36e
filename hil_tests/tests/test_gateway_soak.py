"""A day of a gateway in a minute: 345,600 reports of 40 nodes, its fleet away half of the time. 30 days: make soak."""

from pathlib import Path

import pytest

from hil_tests.gateway_soak import GatewaySoak, fast_folder

pytestmark = pytest.mark.hil

HOURS = 24


async def test_a_day_with_the_fleet_away_half_of_it_is_accounted_for_in_flat_memory_and_a_small_buffer(seed: int) -> None:
    with fast_folder() as folder:
        soak = GatewaySoak(Path(folder), seed, HOURS)
        await soak.go()
    assert soak.faults() == [], soak.samples
    assert soak.seq > 360 * HOURS
    assert soak.away_steps * 2 == 360 * HOURS
    assert soak.record.whys, "the buffer was too small for the longest absence"
