"""Rows of the buffer and the record of what was lost: ids that are never used twice, lanes, the order of boots, gaps that grow."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.items import Row
from gateway.store.delivery.losses import gaps_reported, record_gaps, unreported_gaps
from gateway.store.items.rows import delete
from gateway.store.lanes import LATE_LANE, REPORT_LANE
from gateway.store.site.dating import Limits
from gateway.store.store import Store, StoreOpener
from gateway.tests.site import BOOT


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = StoreOpener(tmp_path, Limits(50, 100, 86_400_000), 1 << 24, "gw-east").open(0).store
    yield store
    store.close()


def _row(seq: int) -> Row:
    return Row("n-1", BOOT, seq, "report", 1_000_000 + seq, 1000 * seq, 1000, None, None, b"{}")


def _column(store: Store, query: str) -> list[object]:
    return [row[0] for row in store.connection.execute(query)]


def test_the_newest_item_is_never_deleted_so_that_no_id_is_used_twice(store: Store) -> None:
    store.buffer.commit([_row(seq) for seq in range(3)], [], 0)
    delete(store.connection, [1, 2, 3])
    assert _column(store, "SELECT id FROM items") == [3]
    store.buffer.commit([_row(3)], [], 0)
    assert _column(store, "SELECT id FROM items") == [3, 4]


def test_a_report_is_late_a_minute_after_the_end_of_its_period_however_long_that_was(store: Store) -> None:
    for seq, (duration_ms, behind_ms) in enumerate(((900_000, 60_000), (900_000, 60_001), (1000, 60_000), (1000, 60_001))):
        utc_ms = 1_000_000_000
        arrived_ms = utc_ms + duration_ms + behind_ms
        store.buffer.commit([Row("n-1", BOOT, seq, "report", arrived_ms, 0, duration_ms, utc_ms, 5, b"{}")], [], 0)
    assert _column(store, "SELECT lane FROM items ORDER BY id") == [REPORT_LANE, LATE_LANE, REPORT_LANE, LATE_LANE]


def test_a_boot_did_not_begin_before_the_end_of_the_nearest_earlier_one(store: Store) -> None:
    # Each boot ran for a minute, an hour after the one before.
    for boot in (1, 2, 3):
        at_ms = 1_700_000_000_000 + 3_600_000 * boot
        name = f"{boot:08x}00000000"
        rows = [
            Row("n-1", name, seq, "report", at_ms + 1000 * seq, 1000 * seq, 1000, at_ms + 1000 * seq - 1000, 5, b"{}") for seq in (1, 60)
        ]
        store.buffer.commit(rows, [], 0)
    fourth = Row("n-1", "0000000400000000", 0, "report", 1_700_000_000_000 + 4 * 3_600_000, 0, 1000, None, None, b"{}")
    store.buffer.commit([fourth], [], 0)
    dated = store.clocks.date(fourth)
    assert dated.start_ms - dated.error_ms >= 1_700_000_000_000 + 3 * 3_600_000


def test_a_gap_that_the_fleet_knows_is_not_made_longer(store: Store) -> None:
    record_gaps(store.connection, [("n-1", BOOT, 0)], "thinned", 1, reported=False)
    gaps_reported(store.connection, unreported_gaps(store.connection, 10))
    record_gaps(store.connection, [("n-1", BOOT, 1)], "thinned", 2, reported=False)
    assert [gap[1:] for gap in unreported_gaps(store.connection, 10)] == [("n-1", BOOT, 1, 1, "thinned")]
    read = unreported_gaps(store.connection, 10)
    record_gaps(store.connection, [("n-1", BOOT, 2)], "thinned", 3, reported=False)
    gaps_reported(store.connection, read)
    assert [gap[1:] for gap in unreported_gaps(store.connection, 10)] == [("n-1", BOOT, 1, 2, "thinned")], "it has grown since"
