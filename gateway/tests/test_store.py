"""The buffer file: what is committed once, what is sent in which order, what goes when it is full, and what a damaged file costs."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.configuration import BufferSection
from gateway.items import BadItem, Row
from gateway.store.database import FILE_NAME, make_if_missing, open_for_reading
from gateway.store.delivery.batch import Verdict
from gateway.store.lanes import VERSION
from gateway.store.site.dating import Limits
from gateway.store.space.usage import used_bytes
from gateway.store.store import Store, StoreOpener
from gateway.upkeep.buffer_upkeep import tidy

_LIMITS = Limits(clock_error_ms=50, drift_ppm=100, undated_age_ms=86_400_000)
_BOOT = "0000000100000001"
_ACCEPTED, _DUPLICATE = Verdict("accepted"), Verdict("duplicate")


def _row(seq: int, kind: str = "report", node: str = "n-1", boot: str = _BOOT, size: int = 10, utc: tuple[int, int] | None = None) -> Row:
    utc_ms, error_ms = utc or (None, None)
    return Row(node, boot, seq, kind, 1_000_000 + seq, 1000 * seq, 1000, utc_ms, error_ms, b"x" * size)


def _opener(folder: Path, budget_bytes: int = 1 << 24) -> StoreOpener:
    return StoreOpener(folder, _LIMITS, budget_bytes, "gw-east")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = _opener(tmp_path).open(0).store
    yield store
    store.close()


def _column(store: Store, query: str) -> list[object]:
    return [row[0] for row in store.connection.execute(query)]


def _waiting(store: Store) -> list[tuple[str, int]]:
    return [(waiting.row.kind, waiting.row.seq) for waiting in store.outbox.next_batch(1000, 1 << 24, extras=False).items]


def _send_all(store: Store, verdict: Callable[[Row], Verdict] = lambda row: _ACCEPTED, now_ms: int = 5) -> dict[str, int]:
    batch = store.outbox.next_batch(1000, 1 << 24, extras=True)
    return store.outbox.settle(batch, [verdict(waiting.row) for waiting in batch.items], gaps_taken=True, now_ms=now_ms)


def test_the_file_is_a_write_ahead_log_forced_to_the_disk_at_each_commit(store: Store) -> None:
    assert _column(store, "PRAGMA journal_mode") == ["wal"]
    assert _column(store, "PRAGMA synchronous") == [2]


@pytest.mark.parametrize("count", [1, 63, 64, 65, 200])
def test_an_item_is_stored_once_however_often_and_in_whatever_company_it_comes(store: Store, count: int) -> None:
    rows = [_row(seq) for seq in range(count)]
    first = store.buffer.commit(rows + rows, [], 0)
    again = store.buffer.commit([*rows, _row(count)], [], 0)
    assert (first.counts["items.stored"], first.counts["items.duplicate"]) == (count, count)
    assert (again.counts["items.stored"], again.counts["items.duplicate"]) == (1, count)
    assert _column(store, "SELECT seq FROM items ORDER BY id") == list(range(count + 1))
    assert store.health.counters() == {"items.stored": count + 1, "items.duplicate": 2 * count}


def test_a_commit_that_fails_leaves_nothing_behind(store: Store) -> None:
    store.connection.execute("CREATE TRIGGER full BEFORE INSERT ON boots BEGIN SELECT raise(ABORT, 'disk full'); END")
    with pytest.raises(sqlite3.Error):
        store.buffer.commit([_row(0)], [], 0)
    assert _column(store, "SELECT count(*) FROM items") == [0]
    store.connection.execute("DROP TRIGGER full")
    assert store.buffer.commit([_row(0)], [], 0).counts["items.stored"] == 1, "what was not stored is not known"
    assert _column(store, "SELECT count(*) FROM items") == [1]


def test_a_bad_item_is_set_aside_once_and_its_loss_recorded(store: Store) -> None:
    bad = BadItem("n-1", _BOOT, 4, "report", 0, "d: required", b'{"q":4}')
    assert store.buffer.commit([], [bad], 7).counts["items.refused"] == 1
    assert store.buffer.commit([], [bad], 8).counts["items.refused"] == 0
    batch = store.outbox.next_batch(10, 1000, extras=True)
    assert [gap[1:] for gap in batch.gaps] == [("n-1", _BOOT, 4, 4, "bad_item")]
    store.outbox.settle(batch, [], gaps_taken=False, now_ms=9)
    assert store.outbox.next_batch(10, 1000, extras=True).gaps == batch.gaps, "told again until the fleet has taken it"
    store.outbox.settle(batch, [], gaps_taken=True, now_ms=9)
    assert store.outbox.next_batch(10, 1000, extras=True).empty


def test_hellos_events_and_answers_go_before_reports_and_each_in_order_of_arrival(store: Store) -> None:
    kinds = ["report", "hello", "report", "event", "applied", "report"]
    store.buffer.commit([_row(seq, kind) for seq, kind in enumerate(kinds)], [], 0)
    assert _waiting(store) == [("hello", 1), ("event", 3), ("applied", 4), ("report", 0), ("report", 2), ("report", 5)]


def test_a_batch_is_bounded_in_items_and_bytes_and_never_empty_for_a_long_item(store: Store) -> None:
    store.buffer.commit([_row(seq, size=100) for seq in range(10)] + [_row(10, "event", size=5000)], [], 0)
    assert len(store.outbox.next_batch(4, 1 << 20, extras=True).items) == 4
    assert len(store.outbox.next_batch(100, 1000, extras=True).items) == 1
    _send_all(store, lambda row: _ACCEPTED)
    store.buffer.commit([_row(seq, size=100) for seq in range(20, 30)], [], 0)
    assert len(store.outbox.next_batch(100, 350, extras=True).items) == 3


def test_an_answer_settles_each_item_by_its_own_verdict(store: Store) -> None:
    store.buffer.commit([_row(seq) for seq in range(4)], [], 0)
    verdicts = {1: _DUPLICATE, 2: Verdict("refused", "unknown_node")}
    counts = _send_all(store, lambda row: verdicts.get(row.seq, _ACCEPTED))
    assert counts == {"items.forwarded": 2, "items.duplicate_at_fleet": 1, "items.refused_by_fleet": 1}
    assert _waiting(store) == []
    assert store.connection.execute("SELECT seq, reason FROM refused").fetchall() == [(2, "unknown_node")]
    assert store.connection.execute("SELECT first, last, why, told FROM gaps").fetchall() == [(2, 2, "refused_by_fleet", 1)]
    assert store.buffer.commit([_row(0)], [], 0).counts["items.duplicate"] == 1, "sent items still recognise their duplicates"


def test_sent_items_expire_after_their_retention_and_waiting_ones_never(store: Store) -> None:
    store.buffer.commit([_row(0)], [], 0)
    _send_all(store, now_ms=10_000)
    store.buffer.commit([_row(1)], [], 0)
    section = BufferSection(sent_retention_s=60)
    store.delivery.save_now()
    assert tidy(store, section, 1_060_000) == 0
    assert tidy(store, section, 1_060_001) == 1
    assert tidy(store, section, 1 << 50) == 0
    assert _column(store, "SELECT seq FROM items") == [1]


def test_refused_items_and_gaps_are_bounded_and_forgetting_is_counted(store: Store) -> None:
    bad = [BadItem("n-1", _BOOT, 2 * seq, "report", 0, "bad", b"") for seq in range(20)]
    store.buffer.commit([], bad, 0)
    tidy(store, BufferSection(refused_rows=5, gap_rows=8), 0)
    assert _column(store, "SELECT seq FROM refused ORDER BY id") == [30, 32, 34, 36, 38]
    assert _column(store, "SELECT first FROM gaps ORDER BY id") == list(range(24, 40, 2))
    assert store.health.counters()["gaps.forgotten"] == 12


def test_an_anchor_is_told_once_and_again_only_when_it_is_better(store: Store) -> None:
    store.buffer.commit([_row(5, utc=(900_000, 100))], [], 0)
    batch = store.outbox.next_batch(10, 1000, extras=True)
    assert batch.anchors == [("n-1", _BOOT, 900_000 - 5000, 101)]
    _send_all(store)
    store.buffer.commit([_row(6, utc=(901_000, 100))], [], 0)
    assert store.outbox.next_batch(10, 1000, extras=True).anchors == []
    store.buffer.commit([_row(7, utc=(902_000, 10))], [], 0)
    assert store.outbox.next_batch(10, 1000, extras=True).anchors == [("n-1", _BOOT, 902_000 - 7000, 11)]


def test_what_was_learnt_of_a_boot_survives_a_restart(tmp_path: Path) -> None:
    first = _opener(tmp_path).open(0).store
    first.buffer.commit([_row(5, utc=(900_000, 100))], [], 0)
    first.close()
    second = _opener(tmp_path).open(0).store
    second.buffer.commit([_row(0)], [], 0)
    dated = {waiting.row.seq: waiting.dated for waiting in second.outbox.next_batch(10, 1000, extras=True).items}
    assert (dated[0].how, dated[0].start_ms, dated[0].error_ms) == ("anchor", 895_000, 101)
    second.close()


def test_a_time_after_the_arrival_is_counted_once_and_its_bytes_are_kept(store: Store) -> None:
    row = _row(0, utc=(1 << 50, 100))
    for _ in range(2):
        store.buffer.commit([row], [], 0)
    batch = store.outbox.next_batch(10, 1000, extras=True)
    assert [(waiting.dated.how, waiting.row) for waiting in batch.items] == [("bounds", row)]
    assert batch.anchors == []
    assert store.health.counters()["time.impossible"] == 1


def test_a_replay_teaches_nothing_about_time(store: Store) -> None:
    store.buffer.commit([_row(0)], [], 0)
    before = store.clocks.date(_row(1))
    store.buffer.commit([Row("n-1", _BOOT, 0, "report", 1, 0, 1000, None, None, b"")], [], 0)
    assert store.clocks.date(_row(1)) == before


_BUDGET = 1 << 20


def _fill(store: Store, count: int, kind: str = "report", start: int = 0, size: int = 400) -> dict[str, int]:
    """In commits of fifty, each within the budget. Returns what had to go, by counter."""
    gone = {"items.expired": 0, "items.dropped": 0}
    for first in range(start, start + count, 50):
        for name, number in store.eviction.make_room(9).items():
            gone[name] = gone.get(name, 0) + number
        store.buffer.commit([_row(seq, kind, size=size) for seq in range(first, first + 50)], [], 0)
    return gone


def test_a_full_buffer_drops_sent_items_first_and_loses_nothing(tmp_path: Path) -> None:
    store = _opener(tmp_path, _BUDGET).open(0).store
    _fill(store, 800)
    _send_all(store)
    gone = _fill(store, 1000, start=800)
    assert gone == {"items.expired": 800, "items.dropped": 0}
    assert len(_waiting(store)) == 1000


def test_a_full_buffer_thins_the_oldest_unsent_reports_with_a_record_and_never_an_event(tmp_path: Path) -> None:
    store = _opener(tmp_path, _BUDGET).open(0).store
    _fill(store, 50, "event")
    gone = _fill(store, 6000, start=50)
    assert gone["items.thinned"] > 0 and not gone.get("items.dropped")
    waiting = _waiting(store)
    assert waiting[:50] == [("event", seq) for seq in range(50)]
    gaps = store.connection.execute("SELECT first, last FROM gaps WHERE why = 'thinned' AND node = 'n-1' AND told = 0").fetchall()
    lost = {seq for first, last in gaps for seq in range(first, last + 1)}
    kept = set(_column(store, "SELECT seq FROM items WHERE node = 'n-1'"))
    assert lost | kept == set(range(6050)) and not lost & kept, "every one is either there or recorded as lost"
    assert store.health.counters()["items.thinned"] >= len(lost)


def test_the_file_and_its_log_stay_within_the_budget(tmp_path: Path) -> None:
    store = _opener(tmp_path, _BUDGET).open(0).store
    for start in range(0, 20_000, 500):
        _fill(store, 500, start=start)
        assert used_bytes(store.connection, tmp_path / FILE_NAME) <= _BUDGET
        assert sum(file.stat().st_size for file in tmp_path.glob(FILE_NAME + "*") if not file.name.endswith("-shm")) <= _BUDGET


def test_a_buffer_full_of_events_refuses_more_and_keeps_what_it_has(tmp_path: Path) -> None:
    store = _opener(tmp_path, _BUDGET).open(0).store
    with pytest.raises(sqlite3.OperationalError, match="full"):
        _fill(store, 20_000, "event")
    there = len(_column(store, "SELECT id FROM items"))
    assert there > 500
    while _waiting(store):
        _send_all(store)
    _fill(store, 50, "event", start=50_000)
    assert ("event", 50_000) in _waiting(store)


_BAD_FILES: dict[str, Callable[[Path], object]] = {
    "noise": lambda path: path.write_bytes(b"\x00\x01garbage" * 5000),
    "text": lambda path: path.write_text("hello" * 500),
    "another program's": lambda path: _foreign(path),
}


def _foreign(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()


@pytest.mark.parametrize("spoil", _BAD_FILES.values(), ids=_BAD_FILES.keys())
def test_a_bad_file_is_set_aside_and_a_fresh_one_opened(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    path = tmp_path / FILE_NAME
    spoil(path)
    content = path.read_bytes()
    opened = _opener(tmp_path).open(1234)
    assert opened.set_aside is not None and opened.set_aside.file.name == FILE_NAME + ".set-aside-1234"
    assert opened.set_aside.file.read_bytes() == content
    assert opened.store.buffer.commit([_row(0)], [], 0).counts["items.stored"] == 1


def test_only_the_newest_files_set_aside_are_kept(tmp_path: Path) -> None:
    for now_ms in range(1000, 1010):
        (tmp_path / FILE_NAME).write_bytes(b"garbage" * 1000)
        _opener(tmp_path).open(now_ms).store.close()
    kept = sorted(path.name for path in tmp_path.glob("*.set-aside-????"))
    assert kept == [f"{FILE_NAME}.set-aside-{now_ms}" for now_ms in (1007, 1008, 1009)]


def test_an_empty_file_is_a_fresh_start_and_not_damage(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).touch()
    assert _opener(tmp_path).open(0).set_aside is None


def test_a_reopened_file_has_everything(tmp_path: Path) -> None:
    first = _opener(tmp_path).open(0)
    first.store.buffer.commit([_row(0)], [], 0)
    first.store.close()
    second = _opener(tmp_path).open(0)
    assert second.set_aside is None
    assert _waiting(second.store) == [("report", 0)]


def test_the_tables_of_a_file_that_is_up_to_date_are_known_without_the_library_that_makes_them(tmp_path: Path) -> None:
    make_if_missing(tmp_path / FILE_NAME, 1 << 24)
    program = (
        "import sys, pathlib, gateway.command.service, gateway.store.database as d; d.open_database(pathlib.Path(sys.argv[1]), 1 << 24); "
        "print([name for name in ('sqlite_utils', 'typer', 'rich') if name in sys.modules])"
    )
    command = [sys.executable, "-c", program, str(tmp_path / FILE_NAME)]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "[]\n"


def test_the_version_of_the_tables_is_how_many_migrations_there_are(tmp_path: Path) -> None:
    make_if_missing(tmp_path / FILE_NAME, 1 << 24)
    connection = open_for_reading(tmp_path / FILE_NAME)
    assert connection.execute("SELECT count(*) FROM _sqlite_migrations").fetchone()[0] == VERSION
    connection.close()
