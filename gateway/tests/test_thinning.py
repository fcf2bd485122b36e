"""A full buffer keeps an unbroken record: every hour of every node is there, raw or as a summary, and the ledger adds up."""

import asyncio
from collections import defaultdict
from functools import partial
from pathlib import Path

import msgspec
import pytest

from contract import quality
from gateway.store.database import FILE_NAME
from gateway.store.site.dating import Limits
from gateway.store.space.oldest_hour import HOUR_MS
from gateway.store.space.thinning import DAY_MS
from gateway.store.space.usage import used_bytes
from gateway.store.store import Store
from gateway.tests.away import BOOT, START_MS, is_balanced, live, open_store, raw, reading, summaries
from gateway.tests.parts import make_telemetry, make_writer
from gateway.time.site_clock import UNSURE_ERROR_MS


def _hours(store: Store) -> dict[tuple[str, int], int]:
    """How many reports stand for each hour of each node, raw or within a summary."""
    found: dict[tuple[str, int], int] = defaultdict(int)
    for node, utc_ms in store.connection.execute("SELECT node, utc_ms FROM items WHERE kind = 'report'"):
        found[node, utc_ms // HOUR_MS] += 1
    for summary in summaries(store):
        first, last = summary["start_ms"] // HOUR_MS, (summary["start_ms"] + summary["duration_ms"] - 1) // HOUR_MS
        for hour in range(first, last + 1):
            found[summary["node"], hour] += summary["reports"] // (last - first + 1)
    return found


@pytest.mark.parametrize(("nodes", "hours"), [(1, 48), (4, 48)])
def test_every_hour_of_every_node_away_is_there_raw_or_as_a_summary(tight: Store, tmp_path: Path, nodes: int, hours: int) -> None:
    live(tight, nodes, hours)
    files = [file for file in tmp_path.glob(FILE_NAME + "*") if not file.name.endswith("-shm")]
    assert sum(file.stat().st_size for file in files) <= 1 << 20
    assert is_balanced(tight)
    first = START_MS // HOUR_MS
    found = _hours(tight)
    assert set(found) == {(f"n-{node}", hour) for node in range(nodes) for hour in range(first, first + hours)}
    waiting = raw(tight)
    summed = sum(summary["reports"] for summary in summaries(tight))
    assert waiting + summed == nodes * hours * 360
    thinned = tight.connection.execute("SELECT node, first, last FROM gaps WHERE why = 'thinned' AND node LIKE 'n-%'").fetchall()
    assert sum(last - first + 1 for _, first, last in thinned) == summed
    assert len(thinned) == nodes, "a record for each boot, not for each hour"


def test_an_hour_becomes_one_summary_with_pooled_values(roomy: Store) -> None:
    live(roomy, 1, 3)
    assert roomy.eviction.make_room(0) == {}
    thinned = _thin(roomy)
    assert thinned == {"items.thinned": 360, "items.stored": 1}
    (summary,) = summaries(roomy)
    assert (summary["node"], summary["boot"], summary["from"], summary["to"], summary["reports"]) == ("n-0", BOOT, 0, 359, 360)
    assert (summary["start_ms"], summary["duration_ms"], summary["error_ms"]) == (START_MS, HOUR_MS, 20)
    mean = sum(1234 + seq % 100 for seq in range(360)) / 360
    assert summary["ch"][0] == [0, 1, quality.OK, 360, HOUR_MS, 3600, int(mean + 0.5), 1184, 1434]
    _thin(roomy)
    assert [s["start_ms"] for s in summaries(roomy)] == [START_MS, START_MS + HOUR_MS]


def _thin(store: Store) -> dict[str, int]:
    return store.eviction.thinning.thin_reports(START_MS + DAY_MS)


def test_hours_become_days_under_more_pressure_and_days_go_last_with_a_record(tmp_path: Path) -> None:
    store = open_store(tmp_path, 1 << 20)
    for hour in range(0, 24 * 30, 6):
        rows = [reading(f"n-{node}", seq, period_ms=600_000) for seq in range(hour * 6, hour * 6 + 36) for node in range(4)]
        store.eviction.make_room(rows[-1].arrived_ms)
        store.buffer.commit(rows, [], rows[-1].arrived_ms)
    assert any(summary["duration_ms"] == DAY_MS for summary in summaries(store))
    assert sum(s["reports"] for s in summaries(store)) + raw(store) == 24 * 30 * 6 * 4
    assert is_balanced(store)
    thinning = store.eviction.thinning
    while thinning.thin_reports(0) or thinning.merge_summaries(0):
        pass
    assert len(summaries(store)) == 30 * 4
    assert thinning.drop_summaries(0) == {"items.dropped": 119}, "the newest item stays, so that no id is used twice"
    assert is_balanced(store)
    gaps = store.connection.execute("SELECT first, last FROM gaps WHERE why = 'buffer_full' AND node = 'gw-east'").fetchall()
    assert sum(last - first + 1 for first, last in gaps) == 119
    store.close()


def test_summaries_are_dropped_only_when_the_buffer_is_full_and_not_before(tight: Store, tmp_path: Path) -> None:
    live(tight, 1, 3)
    thinning = tight.eviction.thinning
    while thinning.thin_reports(0) or thinning.merge_summaries(0):
        pass
    before, seq = summaries(tight), 2000
    while used_bytes(tight.connection, tmp_path / FILE_NAME) < (1 << 20) * 11 // 16:
        alarms = [msgspec.structs.replace(reading("n-0", seq + at), kind="event") for at in range(20)]
        tight.buffer.commit(alarms, [], START_MS)
        seq += 20
    for _ in range(3):
        tight.eviction.make_room(START_MS)
    assert summaries(tight) == before


def test_a_report_dated_ahead_of_its_arrival_does_not_stop_the_thinning_of_all_others(roomy: Store) -> None:
    ahead = msgspec.structs.replace(reading("n-ahead", 0), utc_ms=START_MS + 3 * HOUR_MS, utc_error_ms=6 * HOUR_MS)
    roomy.buffer.commit([ahead], [], ahead.arrived_ms)
    live(roomy, 1, 2)
    while _thin(roomy):
        pass
    assert raw(roomy) == 0


def test_only_an_hour_that_was_over_is_thinned_before_its_time(roomy: Store) -> None:
    live(roomy, 1, 3)
    thin = partial(roomy.eviction.thinning.thin_a_little, START_MS + 3 * HOUR_MS, most_rows=10_000)
    before = [made for _ in range(8) if (made := thin(before_ms=START_MS + 2 * HOUR_MS))]
    assert [made["items.thinned"] for made in before] == [360, 360]


def test_a_gap_that_grows_while_it_is_told_is_told_again(roomy: Store) -> None:
    live(roomy, 1, 3)
    _thin(roomy)
    batch = roomy.outbox.next_batch(0, 1 << 20, extras=True)
    _thin(roomy)
    roomy.outbox.settle(batch, [], gaps_taken=True, now_ms=5)
    assert [gap[3:] for gap in roomy.outbox.next_batch(0, 1 << 20, extras=True).gaps] == [(0, 719, "thinned")]


def test_a_history_that_came_at_once_is_thinned_by_the_hour_in_which_it_was_measured(tight: Store) -> None:
    rows = [reading("n-0", seq) for seq in range(720)]
    arrived = [msgspec.structs.replace(row, arrived_ms=START_MS + DAY_MS) for row in rows]
    tight.buffer.commit(arrived, [], 0)
    assert _thin(tight) == {"items.thinned": 256, "items.stored": 1}, "a step is bounded by the budget"
    while _thin(tight):
        pass
    assert sum(summary["reports"] for summary in summaries(tight)) == 720
    assert {summary["start_ms"] // HOUR_MS for summary in summaries(tight)} == {START_MS // HOUR_MS, START_MS // HOUR_MS + 1}


def test_a_report_that_the_card_has_spoilt_is_counted_and_stops_nothing(tight: Store) -> None:
    live(tight, 1, 1)
    tight.connection.execute("UPDATE stored SET body = x'00ff' WHERE seq = 7")
    assert _thin(tight)["items.thinned"] == 256
    (summary,) = summaries(tight)
    assert (summary["reports"], summary["ch"][0][3]) == (256, 255)


def test_a_summary_that_the_card_has_spoilt_stops_no_commit_and_the_others_are_merged(tight: Store) -> None:
    live(tight, 1, 5)
    while _thin(tight).get("items.thinned"):
        pass
    tight.clocks.assume(UNSURE_ERROR_MS)
    before = len(summaries(tight))
    assert before > 2
    tight.connection.execute("UPDATE stored SET body = x'00ff' WHERE id = (SELECT min(id) FROM stored WHERE lane = 2)")
    assert tight.eviction.thinning.merge_summaries(START_MS)["items.thinned"] == before - 1
    errors = tight.connection.execute("SELECT utc_error_ms FROM items WHERE lane = 2 AND body <> x'00ff'").fetchall()
    assert errors == [(UNSURE_ERROR_MS,)], "by a clock that is not known by now, whatever it was"


async def test_a_flood_larger_than_the_room_that_is_left_goes_in_by_parts_that_fit(tmp_path: Path) -> None:
    telemetry = make_telemetry()
    counters = telemetry.counters
    writer = make_writer(tmp_path, telemetry, limits=Limits(1000, 100, DAY_MS), budget_bytes=1 << 20, pending_rows=10_000)
    await writer.open()
    for first in range(0, 6000, 1500):
        writer.submit([reading("n-1", seq) for seq in range(first, first + 1500)], [])
        async with asyncio.timeout(60):
            await writer.commit_last()
    assert counters["store.failures"] == 0
    assert await writer.call(is_balanced)
    assert counters["items.stored"] == await writer.call(lambda store: store.health.counters()["items.stored"])
    await writer.close()


def test_what_came_late_from_a_node_that_was_away_is_thinned_before_what_came_in_time(roomy: Store) -> None:
    late = [reading("n-away", seq, late_ms=3 * HOUR_MS) for seq in range(360)]
    in_time = [reading("n-here", seq) for seq in range(1080, 1440)]
    roomy.buffer.commit(late + in_time, [], START_MS + 4 * HOUR_MS)
    while roomy.connection.execute("SELECT count(*) FROM items WHERE kind = 'report' AND node = 'n-away'").fetchone()[0]:
        assert roomy.eviction.thinning.thin_reports(START_MS + 4 * HOUR_MS)["items.thinned"]
    assert raw(roomy) == 360
    assert sum(summary["reports"] for summary in summaries(roomy)) == 360
