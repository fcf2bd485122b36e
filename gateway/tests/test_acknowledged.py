"""What the buffer knows and its tables do not tell yet: what the fleet has, and which numbers were taken, through kills and deletions."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.configuration import BufferSection
from gateway.items import Row
from gateway.store.delivery.backlog import lanes
from gateway.store.delivery.batch import Verdict
from gateway.store.delivery.delivery import LanePart
from gateway.store.lanes import REPORT_LANE
from gateway.store.site.dating import Limits
from gateway.store.store import Store, StoreOpener
from gateway.upkeep.buffer_upkeep import tidy

_BOOT = "0000000100000001"
_LIMITS = Limits(clock_error_ms=50, drift_ppm=100, undated_age_ms=86_400_000)


def _open(folder: Path) -> Store:
    return StoreOpener(folder, _LIMITS, 1 << 26, "gw-east").open(0).store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = _open(tmp_path)
    yield store
    store.connection.close()


def _row(seq: int, kind: str = "report", node: str = "n-1", boot: str = _BOOT) -> Row:
    return Row(node, boot, seq, kind, 1000 * seq, 1000 * seq, 1000, None, None, b'{"q":%d,"ch":[[0,1,0,1,5,5,5]]}' % seq)


def _commit(store: Store, *seqs: int) -> int:
    return store.buffer.commit([_row(seq) for seq in seqs], [], 0).counts["items.stored"]


def _waiting(store: Store, most: int = 100_000) -> list[int]:
    return [waiting.row.seq for waiting in store.outbox.next_batch(most, 1 << 26, extras=False).items]


def _send(store: Store, most: int = 100_000, *, newest_first: bool = False) -> list[int]:
    """To a fleet that takes all."""
    batch = store.outbox.next_batch(most, 1 << 26, extras=False, parts=(LanePart(REPORT_LANE, newest_first=newest_first),))
    store.outbox.settle(batch, [Verdict("accepted")] * len(batch.items), gaps_taken=True, now_ms=5)
    return [waiting.row.seq for waiting in batch.items]


def _killed(store: Store, folder: Path) -> Store:
    """A start on what was on the disk at this moment."""
    folder.mkdir()
    for file in Path(store.connection.execute("PRAGMA database_list").fetchone()[2]).parent.glob("buffer.sqlite*"):
        if not file.name.endswith("-shm"):
            shutil.copy(file, folder)
    return _open(folder)


def test_what_the_fleet_has_is_not_handed_out_again_before_the_table_tells_so(store: Store) -> None:
    _commit(store, *range(20))
    assert _send(store, 5, newest_first=True) == [15, 16, 17, 18, 19]
    assert _send(store, 5) == [0, 1, 2, 3, 4]
    store.delivery.save_now()
    assert _send(store, 5) == [5, 6, 7, 8, 9]
    _commit(store, *range(20, 25))
    assert _send(store, 7, newest_first=True) == [13, 14, *range(20, 25)]
    assert _waiting(store) == [10, 11, 12]
    assert _waiting(store, 2) == [10, 11]


def test_a_kill_before_the_marks_are_saved_sends_once_more_and_the_ledger_adds_up(store: Store, tmp_path: Path) -> None:
    _commit(store, 0, 1, 2)
    _send(store)
    _commit(store, 3)
    assert store.health.counters() == {"items.stored": 4, "items.forwarded": 3}
    after = _killed(store, tmp_path / "after")
    assert (_waiting(after), after.health.counters()) == ([0, 1, 2, 3], {"items.stored": 4})
    after.close()


def test_marks_are_saved_with_the_next_arrivals_once_they_are_due_or_without_when_none_come(store: Store) -> None:
    section = BufferSection()
    _commit(store, 0, 1)
    _send(store)
    tidy(store, section, 0)
    assert lanes(store.connection)["reports"].waiting == 2
    _commit(store, 2)
    assert lanes(store.connection)["reports"].waiting == 1
    _send(store)
    tidy(store, section, 0)
    tidy(store, section, 0)
    assert lanes(store.connection)["reports"].waiting == 0


def test_that_the_fleet_has_an_alarm_is_saved_at_once(store: Store, tmp_path: Path) -> None:
    store.buffer.commit([_row(0, "event")], [], 0)
    batch = store.outbox.next_batch(10, 1 << 20, extras=False)
    store.outbox.settle(batch, [Verdict("accepted")], gaps_taken=True, now_ms=5)
    after = _killed(store, tmp_path / "after")
    assert _waiting(after) == []
    after.close()


def test_an_orderly_end_saves_everything(tmp_path: Path) -> None:
    store = _open(tmp_path)
    _commit(store, 0, 1)
    _send(store)
    store.close()
    after = _open(tmp_path)
    assert _waiting(after) == [] and after.health.counters()["items.forwarded"] == 2
    after.close()


def test_an_item_that_comes_again_is_known_when_its_row_is_gone_also_after_a_kill(store: Store, tmp_path: Path) -> None:
    _commit(store, *range(50))
    _send(store)
    store.delivery.save_now()
    assert store.eviction.expire(1 << 60) == 49, "all but the newest"
    assert _commit(store, *range(51)) == 1
    after = _killed(store, tmp_path / "after")
    assert _commit(after, *range(52)) == 1
    after.close()


def test_a_thinned_report_that_comes_again_is_not_stored_beside_its_summary(store: Store, tmp_path: Path) -> None:
    _commit(store, *range(50))
    assert store.eviction.thinning.thin_reports(1)["items.thinned"] == 50
    after = _killed(store, tmp_path / "after")
    assert _commit(store, *range(50)) == _commit(after, *range(50)) == 0
    after.close()


def test_more_boots_than_memory_holds_are_all_known(store: Store, tmp_path: Path) -> None:
    rows = [_row(seq, boot=f"{boot:08x}00000001") for boot in range(1500) for seq in (0, 1)]
    for _ in range(2):
        store.buffer.commit(rows, [], 0)
    after = _killed(store, tmp_path / "after")
    assert after.buffer.commit(rows, [], 0).counts["items.stored"] == 0
    assert after.health.counters() == {"items.stored": 3000, "items.duplicate": 6000}
    after.close()


def test_boots_of_long_ago_are_forgotten_and_never_one_that_still_has_items(store: Store) -> None:
    store.buffer.commit([_row(7, node="n-old")], [], 0)
    for first in range(0, 12_000, 3000):
        store.buffer.commit([_row(0, boot=f"{boot:08x}00000001") for boot in range(first, first + 3000)], [], 0)
    store.numbers.prune()
    assert store.connection.execute("SELECT count(*) FROM origins").fetchone() == (12_001,)
    for seq in (1, 2):
        store.buffer.commit([_row(seq, node="n-new")], [], 0)
        _send(store)
        store.delivery.save_now()
        while store.eviction.expire(1 << 60):
            pass
    store.numbers.prune()
    assert store.connection.execute("SELECT count(*) FROM origins").fetchone() == (10_000,)
    assert store.connection.execute("SELECT count(*) FROM items").fetchone() == (1,)


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("commit"), st.lists(st.integers(0, 40), min_size=1, max_size=12)),
        st.tuples(st.sampled_from(["send", "send newest"]), st.integers(1, 15)),
        st.tuples(st.sampled_from(["tidy", "kill", "expire", "close"]), st.just(0)),
    ),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(_STEPS)
def test_whatever_happens_nothing_is_lost_or_taken_twice(steps: list[tuple[str, int | list[int]]]) -> None:
    taken, fleet, killed = set[int](), set[int](), False
    with TemporaryDirectory() as name:
        folder = Path(name, "0")
        folder.mkdir()
        store = _open(folder)
        for number, (step, argument) in enumerate(steps, 1):
            if isinstance(argument, list):
                assert _commit(store, *argument) == len(set(argument) - taken)
                taken |= set(argument)
            elif step.startswith("send"):
                fleet |= set(_send(store, argument, newest_first=step == "send newest"))
            elif step == "tidy":
                tidy(store, BufferSection(), 0)
            elif step == "expire":
                store.eviction.expire(1 << 60)
            else:
                before = store
                if step == "close":
                    store.close()
                    store = _open(Path(name, f"{folder.name}"))
                else:
                    folder, killed = Path(name, str(number)), True
                    store = _killed(before, folder)
                    before.connection.close()
            waiting = set(_waiting(store))
            assert taken - fleet <= waiting <= (taken if killed else taken - fleet)
            counters = store.health.counters()
            gone = counters.get("items.forwarded", 0)
            assert counters.get("items.stored", 0) == len(taken) == gone + len(waiting)
        store.close()


def test_a_file_full_of_alarms_takes_commits_again_once_they_are_sent(tmp_path: Path) -> None:
    store = StoreOpener(tmp_path, _LIMITS, 1 << 20, "gw-east").open(0).store
    seqs = iter(range(0, 1 << 20, 2))  # every second number is missing: long ranges to remember

    def alarms() -> list[Row]:
        return [_row(next(seqs), "event", node=f"n-{number}") for number in range(40)]

    with pytest.raises(sqlite3.OperationalError, match="full"):
        while True:
            store.eviction.make_room(0)
            store.buffer.commit(alarms(), [], 0)
    while not (batch := store.outbox.next_batch(200, 1 << 20, extras=True)).empty:
        store.outbox.settle(batch, [Verdict("accepted")] * len(batch.items), gaps_taken=True, now_ms=0)
    store.eviction.make_room(0)
    assert store.buffer.commit(alarms(), [], 0).counts["items.stored"] == 40
    store.close()


def test_a_boot_evicted_from_memory_with_items_not_saved_yet_is_not_forgotten(store: Store) -> None:
    _commit(store, 0)
    store.numbers.save_now()
    store.buffer.commit([_row(0, node="n-b", boot=f"{boot:016x}") for boot in range(600)], [], 0)
    _send(store)
    _commit(store, 1)
    store.buffer.commit([_row(0, node="n-c", boot=f"{boot:016x}") for boot in range(1100)], [], 0)
    store.delivery.save_now()
    assert store.eviction.expire(1 << 62) == 601
    store.numbers.prune(kept_boots=1500)
    assert _waiting(store)[0] == 1, "acknowledged, and to be sent"
