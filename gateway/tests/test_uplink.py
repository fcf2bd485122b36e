"""Three lanes to the fleet, in the whole gateway: who overtakes whom, who waits for whom, and what an outage costs."""

import asyncio
from typing import Any

import pytest

from gateway.tests.conftest import Site, until
from gateway.tests.site import BOOT, hello, items, report

pytestmark = pytest.mark.hil


def _of_kind(document: dict[str, Any], kind: str) -> bool:
    return any(item["kind"] == kind for item in document["items"])


async def _backlog(site: Site, count: int, **sections: dict[str, Any]) -> None:
    """Reports 0 to count of n-1 wait, in the buffer of a gateway that has just started; the fleet is back."""
    await site.start_with("n-1")
    await site.fleet.stop()
    node = await site.node("n-1")
    for start in range(0, count, 20):
        await node.send("report", items("report", *map(report, range(start, start + 20))))
    await node.wait_acked(*range(count))
    await site.stop()
    await site.fleet.start()
    await site.start(**sections)


async def test_an_alarm_and_a_live_report_pass_a_history_whose_answer_does_not_come(site: Site) -> None:
    site.fleet.held = lambda document: any(item["seq"] == 0 for item in document["items"])
    await _backlog(site, 40, fleet={"timeout_s": 60, "batch_items": 10})
    await site.fleet.wait(lambda: len(site.fleet.items) == 10)
    node = await site.node("n-1")
    await node.send("report", items("report", report(1000)))
    await site.fleet.wait(lambda: ("n-1", BOOT, 1000) in site.fleet.items, what="the live report")
    await node.send("hello", items("hello", hello(1001)))
    await site.fleet.wait(lambda: ("n-1", BOOT, 1001) in site.fleet.items, what="the hello")
    assert len(site.fleet.items) == 12, "the history still waits"
    site.fleet.held = lambda document: False
    await site.fleet.notify()
    await site.fleet.wait(lambda: len(site.fleet.items) == 42)
    assert site.fleet.duplicates == 0


async def test_history_goes_oldest_first_and_live_newest_first(site: Site) -> None:
    await _backlog(site, 100, fleet={"batch_items": 10, "backoff_first_ms": 10, "backoff_cap_ms": 10})
    await site.fleet.wait(lambda: len(site.fleet.items) == 100)
    assert site.fleet.accepted == [("n-1", BOOT, seq) for seq in range(100)]
    site.fleet.held = lambda document: any(item["seq"] == 200 for item in document["items"])
    node = await site.node("n-1")
    await node.send("report", items("report", report(200)))
    await site.fleet.wait(lambda: len(site.fleet.items) == 101)
    await node.send("report", items("report", *map(report, range(201, 221))))
    await node.wait_acked(*range(200, 221))
    site.fleet.held = lambda document: False
    await site.fleet.notify()
    await site.fleet.wait(lambda: len(site.fleet.items) == 121)
    assert [key[2] for key in site.fleet.accepted[101:]] == [*range(211, 221), *range(201, 211)]


async def test_on_a_thin_line_an_alarm_does_not_wait_for_the_history(site: Site) -> None:
    await _backlog(site, 400, fleet={"line_bytes_per_s": 1500})
    await site.fleet.wait(lambda: len(site.fleet.items) > 0)
    node = await site.node("n-1")
    await node.send("hello", items("hello", hello(1000)))
    await site.fleet.wait(lambda: ("n-1", BOOT, 1000) in site.fleet.items, within_s=2)
    assert len(site.fleet.items) < 400
    await site.fleet.wait(lambda: len(site.fleet.items) == 401, what="the history, paced")


async def test_a_history_that_the_fleet_cannot_take_stops_no_other_lane(site: Site) -> None:
    site.fleet.refuse_whole = lambda document: any(item["seq"] < 40 for item in document["items"])
    await _backlog(site, 40)
    node = await site.node("n-1")
    await node.send("hello", items("hello", hello(1000)))
    await node.send("report", items("report", report(1001)))
    await site.fleet.wait(lambda: len(site.fleet.items) == 2)


async def test_after_an_outage_the_first_arrives_within_two_seconds_also_with_waits_of_a_minute(site: Site) -> None:
    slow = {"backoff_first_ms": 60_000, "backoff_cap_ms": 60_000}
    gateway = await site.start_with("n-1", fleet=slow)
    await site.fleet.stop()
    node = await site.node("n-1")
    await node.send("report", items("report", report(0)))
    await node.wait_acked(0)
    await until(lambda: gateway.counters["uplink.failures"] + gateway.counters["desired.failures"] > 0, "the outage noticed")
    await asyncio.sleep(0.5)  # of outage: what is measured is the time after it
    await site.fleet.start()
    await site.fleet.wait(lambda: len(site.fleet.items) == 1, within_s=2)


async def test_an_answer_after_the_time_limit_costs_a_duplicate_and_nothing_else(site: Site) -> None:
    site.fleet.faults.append("late")
    gateway = await site.start_with("n-1", fleet={"timeout_s": 1})
    node = await site.node("n-1")
    await node.send("report", items("report", report(0)))
    await until(lambda: gateway.counters["items.duplicate_at_fleet"] == 1, "settled at the second attempt")
    assert (len(site.fleet.items), site.fleet.duplicates) == (1, 1)
