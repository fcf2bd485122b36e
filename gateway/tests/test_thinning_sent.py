"""What the fleet may have already is not thinned: in flight, sent by a killed process; and what becomes of a buffer full of it."""

from functools import partial
from pathlib import Path

import msgspec
import pytest

from contract.messages import EVENT
from gateway.store.database import Reserve
from gateway.store.delivery.batch import Verdict
from gateway.store.delivery.delivery import LanePart
from gateway.store.delivery.sent_stretches import STRETCH, SentStretches
from gateway.store.lanes import REPORT_LANE
from gateway.store.space.oldest_hour import HOUR_MS
from gateway.store.space.thinning import DAY_MS
from gateway.store.store import Store
from gateway.tests.away import START_MS, is_balanced, live, open_store, raw, reading, summaries
from gateway.tests.full_disk import full_disk


def _thin(store: Store) -> dict[str, int]:
    return store.eviction.thinning.thin_reports(START_MS + DAY_MS)


def test_what_is_in_flight_is_not_thinned_until_it_is_answered(roomy: Store) -> None:
    live(roomy, 1, 2)
    batch = roomy.outbox.next_batch(100, 1 << 20, extras=False)
    assert _thin(roomy)["items.thinned"] == 260
    answers = [Verdict("accepted")] * 100
    roomy.outbox.settle(batch, answers, gaps_taken=True, now_ms=5)
    assert roomy.health.counters()["items.forwarded"] == 100
    assert is_balanced(roomy)


def test_what_a_killed_process_had_sent_is_not_thinned_until_it_is_answered(tmp_path: Path) -> None:
    killed = open_store(tmp_path, 1 << 24)
    live(killed, 1, 2)
    assert len(killed.outbox.next_batch(100, 1 << 20, extras=False).items) == 100
    killed.connection.close()
    store = open_store(tmp_path, 1 << 24)
    assert _thin(store) == {}, "the fleet may have them: they would count twice"
    live(store, 1, 1, start=2)
    assert _thin(store)["items.thinned"] == 360, "what came since then was sent by nobody"
    batch = store.outbox.next_batch(1000, 1 << 20, extras=False, parts=[LanePart(REPORT_LANE)])
    assert len(batch.items) == 720
    store.outbox.settle(batch, [Verdict("duplicate")] * 100 + [Verdict("accepted")] * 620, gaps_taken=True, now_ms=5)
    assert is_balanced(store)
    store.close()


def test_a_stretch_that_was_sent_is_noted_until_none_of_it_waits(tmp_path: Path) -> None:
    store = open_store(tmp_path, 1 << 24)
    live(store, 2, 7)
    batch = store.outbox.next_batch(STRETCH, 1 << 22, extras=False)
    store.delivery.prune()
    assert store.connection.execute("SELECT stretch FROM handed").fetchall() == [(0,), (1,)]
    store.outbox.settle(batch, [Verdict("accepted")] * len(batch.items), gaps_taken=True, now_ms=5)
    store.delivery.save_now()
    store.delivery.prune()
    assert store.connection.execute("SELECT stretch FROM handed").fetchall() == [(1,)], "the second grows still"
    store.close()


def test_the_stretch_that_still_grows_stays_recorded_also_when_none_of_it_waits(roomy: Store) -> None:
    live(roomy, 1, 1)
    batch = roomy.outbox.next_batch(1000, 1 << 22, extras=False)
    roomy.outbox.settle(batch, [Verdict("accepted")] * len(batch.items), gaps_taken=True, now_ms=5)
    roomy.delivery.save_now()
    roomy.delivery.prune()
    assert roomy.connection.execute("SELECT count(*) FROM unsent").fetchone() == (0,)
    assert roomy.connection.execute("SELECT stretch FROM handed").fetchall() == [(0,)]


def test_a_pruned_stretch_is_forgotten_in_memory_too(tmp_path: Path) -> None:
    killed = open_store(tmp_path, 1 << 24)
    live(killed, 2, 7)
    killed.outbox.next_batch(STRETCH - 1, 1 << 22, extras=False)
    killed.connection.close()
    store = open_store(tmp_path, 1 << 24)
    stretches = SentStretches(store.connection, Reserve(store.connection))
    assert 5 in stretches, "an earlier process may have sent it"
    batch = store.outbox.next_batch(STRETCH - 1, 1 << 22, extras=False)
    store.outbox.settle(batch, [Verdict("duplicate")] * len(batch.items), gaps_taken=True, now_ms=5)
    store.delivery.save_now()
    stretches.prune()
    assert store.connection.execute("SELECT stretch FROM handed").fetchall() == []
    assert 5 not in stretches
    stretches.record([5])
    assert store.connection.execute("SELECT stretch FROM handed").fetchall() == [(0,)], "recorded anew, not taken for recorded"
    store.close()


@pytest.mark.parametrize("killed", [False, True])
def test_a_fleet_that_never_answers_what_it_is_sent_does_not_keep_the_buffer_full(tmp_path: Path, killed: bool) -> None:
    store, hours = open_store(tmp_path, 1 << 20), 60
    for hour in range(hours):
        if killed and hour == hours // 2:
            store.connection.close()
            store = open_store(tmp_path, 1 << 20)
        live(store, 1, 1, start=hour)
        assert store.outbox.next_batch(1000, 1 << 20, extras=False, parts=[LanePart(REPORT_LANE, newest_first=True)]).items
    assert "items.dropped" not in store.health.counters()
    assert raw(store) + sum(summary["reports"] for summary in summaries(store)) == 360 * hours
    assert is_balanced(store)
    store.close()


def test_what_was_sent_before_a_kill_is_passed_over_as_a_whole(tmp_path: Path) -> None:
    killed = open_store(tmp_path, 1 << 24)
    live(killed, 4, 4)
    killed.outbox.next_batch(STRETCH, 1 << 24, extras=False)
    killed.connection.close()
    store, ticks = open_store(tmp_path, 1 << 24), []
    live(store, 4, 1, start=4)
    store.delivery.save_now()
    store.connection.set_progress_handler(lambda: ticks.append(1), 100)
    first, _ = next(store.delivery.never_sent(REPORT_LANE))
    assert first == 4 * 4 * 360 + 1
    assert len(ticks) < 100, "hundreds of steps of SQLite: not one for each of its items"
    store.close()


def test_reports_in_flight_do_not_hide_those_behind_them_from_a_small_step(tight: Store) -> None:
    live(tight, 1, 3)
    most_reports = 256  # of a step, with this budget
    assert len(tight.outbox.next_batch(most_reports, 1 << 20, extras=False).items) == most_reports
    assert _thin(tight)["items.thinned"] == 360 - most_reports


def test_an_hour_is_thinned_a_slice_at_a_time_and_begun_anew_when_some_of_it_is_sent(roomy: Store) -> None:
    live(roomy, 2, 2)
    thin = partial(roomy.eviction.thinning.thin_a_little, START_MS + 2 * HOUR_MS, most_rows=100)
    assert [thin() for _ in range(7)] == [None] * 7
    sent = roomy.outbox.next_batch(10, 1 << 20, extras=False)
    made, slices = None, 0
    while made is None:
        made, slices = thin(), slices + 1
    assert made["items.thinned"] == 720 - 10
    assert slices >= 7, "from the start"
    roomy.outbox.settle(sent, [Verdict("accepted")] * 10, gaps_taken=True, now_ms=5)
    assert is_balanced(roomy)


def test_what_was_sent_and_answered_between_two_slices_is_not_in_the_summary_too(roomy: Store) -> None:
    live(roomy, 1, 1)
    thin = partial(roomy.eviction.thinning.thin_a_little, START_MS + 2 * HOUR_MS, most_rows=200)
    assert [thin(), thin()] == [None, None]  # no late ones, and the first 200
    sent = roomy.outbox.next_batch(20, 1 << 20, extras=False, parts=[LanePart(REPORT_LANE, newest_first=True)])
    roomy.outbox.settle(sent, [Verdict("accepted")] * 20, gaps_taken=True, now_ms=5)
    made = None
    while made is None:
        made = thin()
    assert made["items.thinned"] == 360 - 20
    assert is_balanced(roomy)


def test_what_was_found_to_be_sent_is_looked_for_again_only_after_something_was(roomy: Store) -> None:
    live(roomy, 1, 1)
    roomy.delivery.save_now()
    before = roomy.delivery.times_taken_out
    live(roomy, 1, 1, start=1)
    roomy.delivery.save_now()
    assert roomy.delivery.times_taken_out == before
    sent = roomy.outbox.next_batch(5, 1 << 20, extras=False)
    roomy.outbox.settle(sent, [Verdict("accepted")] * 5, gaps_taken=True, now_ms=5)
    roomy.delivery.save_now()
    assert roomy.delivery.times_taken_out == before + 1


def test_sent_items_behind_one_that_waits_go_before_any_report_is_thinned(tight: Store) -> None:
    live(tight, 1, 1)
    newest = tight.outbox.newest_id()
    for hour in range(1, 24):
        live(tight, 1, 1, start=hour)
        batch = tight.outbox.next_batch(1000, 1 << 22, extras=False, parts=[LanePart(REPORT_LANE, after_id=newest)])
        tight.outbox.settle(batch, [Verdict("accepted")] * len(batch.items), gaps_taken=True, now_ms=5)
    counters = tight.health.counters()
    assert (counters["items.expired"] > 0, counters.get("items.thinned", 0)) == (True, 0)
    assert len(tight.outbox.next_batch(1000, 1 << 22, extras=False).items) == 360, "the first hour, whole"


def test_a_disk_that_takes_no_writes_keeps_nothing_from_leaving(roomy: Store) -> None:
    live(roomy, 1, 1)
    roomy.delivery.save_now()
    with full_disk(1):
        assert len(roomy.outbox.next_batch(1000, 1 << 20, extras=False).items) == 360
    assert roomy.connection.execute("SELECT stretch FROM handed").fetchall() == []
    roomy.outbox.next_batch(1000, 1 << 20, extras=False)
    assert roomy.connection.execute("SELECT stretch FROM handed").fetchall() == [(0,)], "noted as soon as the disk lets it"


def test_an_alarm_leaves_without_a_write(roomy: Store) -> None:
    roomy.buffer.commit([msgspec.structs.replace(reading("n-0", 0), kind=EVENT)], [], 0)
    assert len(roomy.outbox.next_batch(1000, 1 << 20, extras=False).items) == 1
    assert roomy.connection.execute("SELECT stretch FROM handed").fetchall() == []
