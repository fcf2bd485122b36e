"""What decides when and how fast the fleet is asked: the gate for all, the pace of a line, the border between live and history."""

import gzip
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise
from random import Random

import aiohttp
import pytest

from gateway.backoff import Backoff
from gateway.errors import FleetError
from gateway.tests.parts import CLOCK, make_site
from gateway.time.site_time import SiteTime
from gateway.uplink.fleet_api import FleetApi
from gateway.uplink.fleet_link import FleetLink
from gateway.uplink.live_window import LIVE_S, LiveWindow
from gateway.uplink.pace import Pace, slower
from gateway.uplink.retry_gate import PROBE_S, RetryGate
from hil_tests.stand_in_fleet.fleet import TOKEN, StandInFleet


class _Greatest(Random):
    def uniform(self, a: float, b: float) -> float:
        return b


def _gate(random: Random | None = None) -> RetryGate:
    random = random or _Greatest()
    return RetryGate(Backoff(0.5, 60, 60, random), 60, random)


def _attempts(gate: RetryGate, outage_s: float) -> list[float]:
    """When a gateway tries to connect while nothing answers."""
    now_s, moments = 0.0, []
    while now_s < outage_s:
        moments.append(now_s)
        gate.unreachable(now_s)
        now_s += gate.wait_s(now_s)
    return moments


@pytest.mark.parametrize(("outage_s", "ceiling_s"), [(60, PROBE_S), (600, 15), (3600, 60), (86_400, 60)])
def test_the_longest_wait_while_the_fleet_is_away_is_a_fortieth_of_the_outage(outage_s: float, ceiling_s: float) -> None:
    moments = _attempts(_gate(), outage_s)
    assert max(later - earlier for earlier, later in pairwise(moments)) <= ceiling_s
    assert moments[-1] >= outage_s - ceiling_s - 1


def test_a_day_without_the_fleet_costs_some_thousand_attempts_at_most() -> None:
    assert len(_attempts(_gate(Random(1)), 86_400)) < 4000


def test_a_thousand_gateways_that_lost_the_fleet_at_once_do_not_knock_in_step() -> None:
    moments = [moment for seed in range(1000) for moment in _attempts(_gate(Random(seed)), 60) if moment > 5]
    by_tenth = [0] * 601
    for moment in moments:
        by_tenth[int(moment * 10)] += 1
    assert max(by_tenth) < 2 * len(moments) / 550, "no tenth of a second sees twice its share"


def test_after_429_or_503_nobody_asks_before_the_wait_and_no_success_elsewhere_shortens_it() -> None:
    gate = _gate()
    gate.overloaded(100, at_least_s=7)
    gate.answered(101)
    gate.unreachable(101)
    gate.reached()
    assert gate.wait_s(101) == 6.5


def test_a_fleet_that_flaps_does_not_reset_the_ceiling() -> None:
    gate, now_s, waits = _gate(), 0.0, []
    for _ in range(9):
        gate.overloaded(now_s, 0)
        waits.append(gate.wait_s(now_s))
        now_s += waits[-1] + 0.1
        gate.answered(now_s)
        gate.answered(now_s + 5)
        now_s += 10
    assert waits == pytest.approx([0.5, 1, 2, 4, 8, 16, 32, 60, 60])


def test_a_line_of_unknown_rate_holds_nothing_back() -> None:
    pace = Pace(0)
    pace.spent(1 << 30, 1 << 30, 0)
    assert (pace.wait_s(0), pace.most_bytes(1_048_576)) == (0, 1_048_576)


def test_a_batch_occupies_half_a_second_of_the_line_by_the_ratio_of_the_one_before() -> None:
    pace = Pace(10_000)
    assert pace.most_bytes(1 << 20) == 20_000
    pace.spent(1000, 8000, 0)
    assert pace.most_bytes(1 << 20) == 40_000
    assert pace.most_bytes(3000) == 3000


def test_a_pace_waits_until_the_line_has_carried_what_was_sent_and_saves_nothing_up() -> None:
    pace = Pace(1000)
    pace.spent(500, 500, 100)
    assert pace.wait_s(100) == pytest.approx(0.5)
    pace.spent(500, 500, 100.25)
    assert pace.wait_s(100.25) == pytest.approx(0.75)
    pace.spent(500, 500, 900)
    assert pace.wait_s(900) == pytest.approx(0.5)


@pytest.mark.parametrize(("one", "other", "lower"), [(0, 0, 0), (5, 0, 5), (0, 7, 7), (5, 7, 5)])
def test_of_two_caps_the_lower_one_holds_and_0_is_none(one: float, other: float, lower: float) -> None:
    assert slower(one, other) == lower


def test_the_border_is_the_newest_item_of_half_a_minute_ago() -> None:
    window = LiveWindow()
    for second in range(120):
        window.record(1000 + 10 * second, second)
        assert window.floor <= 1000 + 10 * max(0, second - LIVE_S)
    assert window.floor >= 1000 + 10 * (119 - LIVE_S - 3)


def test_what_was_there_at_the_start_is_history() -> None:
    window = LiveWindow()
    window.record(5000, 0)
    assert window.floor == 5000


@pytest.fixture
async def api(fleet: StandInFleet) -> AsyncIterator[FleetApi]:
    random = Random(1)
    link = FleetLink(fleet.url, RetryGate(Backoff(0.01, 0.01, 60, random), 0.1, random), 0.5, CLOCK)
    async with aiohttp.ClientSession() as session:
        yield FleetApi(session, fleet.url, TOKEN, 5, link, make_site())


_NOTHING = gzip.compress(b'{"items":[]}')


@pytest.mark.parametrize("fault", ["429", "503"])
async def test_an_overload_told_to_one_is_respected_by_all(fleet: StandInFleet, api: FleetApi, fault: str) -> None:
    fleet.faults.append(fault)
    with pytest.raises(FleetError):
        await api.ingest(_NOTHING)
    asked_s = time.monotonic()
    await api.logs([])
    assert time.monotonic() - asked_s > 0.45, "Retry-After, up to the longest that is obeyed"


async def test_a_delivery_states_the_time_of_the_site_once_it_is_known(fleet: StandInFleet, api: FleetApi) -> None:
    before_ms = CLOCK.utc_ms()
    await api.ingest(_NOTHING)
    (stated,) = fleet.stated
    assert stated is not None and before_ms <= int(stated) <= CLOCK.utc_ms()
    await api.logs([])
    unsure = SiteTime(replace(CLOCK, is_synchronised=lambda: False), 1000, trusts_system=False)
    async with aiohttp.ClientSession() as session:
        await FleetApi(session, fleet.url, TOKEN, 5, api.link, unsure).ingest(_NOTHING)
    assert fleet.stated[1:] == [None]


async def test_while_nothing_listens_requests_wait_and_go_out_when_something_does(fleet: StandInFleet, api: FleetApi) -> None:
    await fleet.stop()
    with pytest.raises(FleetError) as caught:
        await api.ingest(_NOTHING)
    assert caught.value.unreachable
    await fleet.start()
    assert (await api.ingest(_NOTHING))["results"] == []


def test_a_fleet_that_is_busy_is_not_away() -> None:
    gate = _gate()
    gate.unreachable(0)
    assert gate.is_away
    gate.overloaded(100, 5)
    assert not gate.is_away
