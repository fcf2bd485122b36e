"""The monthly budget of a metered line: counted by month over restarts, told once per share, and what then still goes."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from air.statistics.summaries import SUMMARY_EVENT
from contract import messages
from gateway.items import Row
from gateway.store.site.dating import Limits
from gateway.store.space.oldest_hour import HOUR_MS
from gateway.store.store import Store, StoreOpener
from gateway.store.store_thread import Urgency
from gateway.tests.conftest import Site, until
from gateway.tests.site import BOOT, hello, items, report
from gateway.time.site_clock import SYSTEM, Moment
from gateway.uplink.traffic import DOWN_BYTES, UP_BYTES, Traffic

_NOVEMBER = Moment(1_795_000_000_000, 50, SYSTEM)  # 2026-11
_DECEMBER = Moment(1_797_000_000_000, 50, SYSTEM)  # 2026-12
_SHARES = (80, 100)


def _open(folder: Path) -> Store:
    return StoreOpener(folder, Limits(50, 100, 60_000), 1 << 24, "gw-east").open(0).store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = _open(tmp_path)
    yield store
    store.close()


def _told(store: Store) -> list[tuple[str, int]]:
    return [(particulars["month"], particulars["share_percent"]) for particulars in _events(store)]


def _events(store: Store) -> list[dict[str, Any]]:
    waiting = store.outbox.next_batch(100, 1 << 20, extras=False).items
    return [json.loads(item.row.body)["a"] for item in waiting if item.row.kind == "event"]


def _summaries(site: Site) -> list[dict[str, Any]]:
    events = [item for item in site.fleet.items.values() if item["kind"] == "event"]
    return [item["body"]["a"] for item in events if item["body"]["k"] == SUMMARY_EVENT]


def test_an_exchange_counts_its_bodies_and_what_goes_around_them() -> None:
    traffic = Traffic()
    traffic.up(100)
    traffic.down(20)
    assert traffic.pop_all() == (100 + UP_BYTES, 20 + DOWN_BYTES)
    assert traffic.pop_all() == (0, 0)
    traffic.put_back(5, 6)
    assert traffic.pop_all() == (5, 6)


def test_bytes_are_counted_by_month_and_over_restarts(tmp_path: Path) -> None:
    first = _open(tmp_path)
    first.data_months.add(100, 10, 0, _SHARES, _NOVEMBER, 0)
    first.close()
    second = _open(tmp_path)
    used = second.data_months.add(1, 2, 0, _SHARES, _NOVEMBER, 0)
    assert (used.month, used.up_bytes, used.down_bytes) == ("2026-11", 101, 12)
    assert second.data_months.add(7, 0, 0, _SHARES, _DECEMBER, 0).bytes == 7
    assert second.data_months.add(0, 0, 0, _SHARES, _NOVEMBER, 0).bytes == 113, "a clock that came back finds its month again"
    assert _told(second) == [], "no budget, no warning"
    second.close()


def test_each_share_of_the_budget_is_told_once_a_month(store: Store) -> None:
    for up in (700, 100, 100, 100, 100):
        store.data_months.add(up, 0, 1000, _SHARES, _NOVEMBER, 0)
    assert _told(store) == [("2026-11", 80), ("2026-11", 100)]
    store.data_months.add(2000, 0, 1000, _SHARES, _DECEMBER, 0)
    assert _told(store)[2:] == [("2026-12", 80), ("2026-12", 100)]


_FLOWS: dict[str, list[tuple[Moment, int, int, list[str]]]] = {
    "the month turns": [(_NOVEMBER, 850, 1000, ["warned"]), (_NOVEMBER, 200, 1000, ["used_up"]), (_DECEMBER, 1, 1000, ["restored"])],
    "both shares at once": [(_NOVEMBER, 1000, 1000, ["warned", "used_up"]), (_NOVEMBER, 5, 1000, [])],
    "the clock jumps into another month and back": [
        (_NOVEMBER, 1000, 1000, ["warned", "used_up"]), (_DECEMBER, 1, 1000, ["restored"]), (_NOVEMBER, 1, 1000, ["used_up"]),
        (_DECEMBER, 1, 1000, ["restored"]), (_DECEMBER, 800, 1000, ["warned"]),
    ],
    "the budget is raised, and used up again": [
        (_NOVEMBER, 1000, 1000, ["warned", "used_up"]), (_NOVEMBER, 1, 2000, ["restored"]), (_NOVEMBER, 600, 2000, ["warned"]),
        (_NOVEMBER, 400, 2000, ["used_up"]),
    ],
    "the budget is raised by less than what was used": [(_NOVEMBER, 3000, 1000, ["warned", "used_up"]), (_NOVEMBER, 1, 2000, [])],
    "the budget is lowered": [(_NOVEMBER, 500, 2000, []), (_NOVEMBER, 1, 500, ["warned", "used_up"])],
    "the budget is taken away": [(_NOVEMBER, 1000, 1000, ["warned", "used_up"]), (_NOVEMBER, 1, 0, ["restored"])],
}  # fmt: skip


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("name", _FLOWS)
def test_what_becomes_of_the_budget_is_told_once(tmp_path: Path, name: str, killed: bool) -> None:
    store, expected = _open(tmp_path), []
    for moment, up, budget_bytes, states in _FLOWS[name]:
        expected += states
        assert store.data_months.add(up, 0, budget_bytes, _SHARES, moment, 0).events == len(states)
        if killed:
            store.connection.close()
            store = _open(tmp_path)
        assert [particulars["state"] for particulars in _events(store)] == expected
    store.close()


@pytest.mark.hil
async def test_reports_are_held_back_before_the_count_is_known_and_before_it_is_saved(site: Site) -> None:
    gateway = await site.start(fleet={"data_budget_bytes": 1_000_000})
    await until(lambda: gateway.budget.used is not None, "the count")
    assert gateway.budget.lets_reports_go()
    gateway.api.traffic.up(1_000_000)
    assert not gateway.budget.lets_reports_go(), "no minute of sending beyond it"
    held = threading.Event()
    busy = asyncio.ensure_future(gateway.writer.call(lambda store: held.wait(30), Urgency.NOW))
    saving = asyncio.ensure_future(gateway.budget.save())
    await until(lambda: gateway.api.traffic.waiting == 0, "the count on its way to the disk")
    assert not gateway.budget.lets_reports_go()
    held.set()
    await asyncio.gather(busy, saving)
    stored = await gateway.writer.call(lambda store: store.health.counters()["items.stored"])
    assert gateway.counters["items.stored"] == stored, "its events are in the ledger, here and there"
    gateway.budget.used = None
    gateway.api.traffic.pop_all()
    assert not gateway.budget.lets_reports_go()
    assert not gateway.budget.is_used_up, "nothing is summarised on a guess"


@pytest.mark.hil
async def test_when_the_budget_is_used_up_finished_hours_go_as_summaries_instead_of_their_reports(site: Site) -> None:
    gateway = await site.start_with("n-1", fleet={"data_budget_bytes": 1_000_000})
    node = await site.node("n-1")
    gateway.api.traffic.up(1_000_000)
    await gateway.budget.save()
    await node.send("report", items("report", *map(report, range(20))))
    await node.wait_acked(*range(20))
    hour_ends_ms = (gateway.site.utc_ms() // HOUR_MS + 1) * HOUR_MS
    await gateway.budget.summarise(hour_ends_ms + 60_000)
    assert gateway.counters["items.thinned"] == 0, "some of the hour may still be on its way"
    await gateway.budget.summarise(hour_ends_ms + 1_000_000)
    await site.fleet.wait(lambda: sum(one["reports"] for one in _summaries(site)) == 20, what="the summaries")
    await site.fleet.wait(lambda: any("thinned" in gap.values() for gap in site.fleet.dropped), what="why the reports do not come")
    assert gateway.counters["items.thinned"] == 20
    await site.stop()
    await site.start(fleet={"data_budget_bytes": 1_000_000_000})
    await node.deliver("report", items("report", report(20)), 20)
    await site.fleet.wait(lambda: ("n-1", BOOT, 20) in site.fleet.items, what="the report, under a larger budget")
    told = [item["body"]["a"]["state"] for item in site.fleet.items.values() if item["body"].get("k") == "data_budget"]
    assert told == ["warned", "used_up", "restored"]
    assert {seq for name, _, seq in site.fleet.items if name == "n-1"} == {20}


@pytest.mark.hil
@pytest.mark.parametrize(("rule", "used", "thinned"), [("summaries", 1_000_000, 1), ("wait", 1_000_000, 0), ("summaries", 10, 0)])
async def test_an_hour_of_before_is_summarised_only_by_that_rule_and_without_budget(site: Site, rule: str, used: int, thinned: int) -> None:
    gateway = await site.start_with("n-1", fleet={"data_budget_bytes": 1_000_000, "data_budget_rule": rule})
    await site.fleet.stop()
    then_ms = gateway.site.utc_ms() - 2 * HOUR_MS
    body = messages.write(report(0))
    await gateway.writer.call(
        lambda store: store.buffer.commit([Row("n-1", BOOT, 0, "report", then_ms, 0, 10_000, None, None, body)], [], 0)
    )
    gateway.api.traffic.up(used)
    await gateway.budget.look()
    assert gateway.counters["items.thinned"] == thinned


@pytest.mark.hil
async def test_when_the_budget_is_used_up_events_go_and_reports_wait(site: Site) -> None:
    gateway = await site.start_with("n-1", fleet={"data_budget_bytes": 1_000_000, "data_budget_rule": "wait"})
    node = await site.node("n-1")
    await node.send("report", items("report", report(0)))
    await site.fleet.wait(lambda: ("n-1", BOOT, 0) in site.fleet.items)
    gateway.api.traffic.up(1_000_000)
    await gateway.budget.save()
    await site.fleet.wait(lambda: sum(key[0] == "g-01" for key in site.fleet.items) == 2, what="both warnings")
    await node.send("report", items("report", report(1)))
    await node.send("hello", items("hello", hello(2)))
    await site.fleet.wait(lambda: ("n-1", BOOT, 2) in site.fleet.items, what="the hello")
    await node.wait_acked(1)
    assert ("n-1", BOOT, 1) not in site.fleet.items
    await site.stop()
    gateway = await site.start(fleet={"data_budget_bytes": 1_000_000, "data_budget_rule": "wait"})
    await until(lambda: gateway.budget.used is not None, "the count from before the restart")
    assert not gateway.budget.lets_reports_go()
    await site.stop()
    await site.start(fleet={"data_budget_bytes": 1_000_000_000})
    await site.fleet.wait(lambda: ("n-1", BOOT, 1) in site.fleet.items, what="the report, under a larger budget")
