"""What came while nobody knew the time: moved when it becomes known, dated by nothing but wide bounds when it never was."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.items import Row
from gateway.store.site.dating import Limits
from gateway.store.site.station import PendingItem
from gateway.store.store import Store, StoreOpener
from gateway.store.store_thread import Urgency
from gateway.store.writer import Writer
from gateway.tests.parts import make_telemetry, make_writer
from gateway.time.site_clock import UNSURE_ERROR_MS

_LIMITS = Limits(clock_error_ms=50, drift_ppm=100, undated_age_ms=60_000)
_BOOT = "0000000100000001"
_WRONG, _RIGHT = 5000, 1_800_000_000_000


def _open(folder: Path) -> Store:
    return StoreOpener(folder, _LIMITS, 1 << 24, "gw-east").open(0).store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = _open(tmp_path)
    yield store
    store.close()


def _row(seq: int, arrived_ms: int, boot: str = _BOOT) -> Row:
    return Row("n-1", boot, seq, "report", arrived_ms, 1000 * seq, 1000, None, None, b"{}")


def _dates(store: Store) -> dict[int, tuple[int, int]]:
    batch = store.outbox.next_batch(100, 1 << 20, extras=False)
    return {
        waiting.row.seq: (waiting.dated.start_ms - waiting.dated.error_ms, waiting.dated.start_ms + waiting.dated.error_ms)
        for waiting in batch.items
    }


def test_arrivals_of_a_time_without_a_clock_are_moved_when_it_is_known_and_dated_well(store: Store) -> None:
    store.buffer.commit([_row(0, _RIGHT - 100_000, "0000000000000009")], [], 0)
    store.clocks.assume(UNSURE_ERROR_MS)
    store.arrivals.begin_unsure()
    store.buffer.commit([_row(1, _WRONG), _row(2, _WRONG + 1000)], [], 0)
    store.arrivals.known(_RIGHT - _WRONG)
    store.clocks.assume(50)
    store.buffer.commit([_row(3, _RIGHT + 2000)], [], 0)
    dates = _dates(store)
    assert dates[0][1] <= _RIGHT - 100_000 + 50, "what came before is left alone"
    for seq in (1, 2, 3):
        assert dates[seq][0] <= _RIGHT + 1000 * seq - 2000 <= dates[seq][1]
        assert dates[seq][1] - dates[seq][0] < 70_000


def test_what_an_earlier_run_left_unsure_is_dated_by_bounds_that_hold(tmp_path: Path) -> None:
    first = _open(tmp_path)
    first.clocks.assume(UNSURE_ERROR_MS)
    first.arrivals.begin_unsure()
    first.buffer.commit([_row(1, _WRONG)], [], 0)
    first.close()
    second = _open(tmp_path)
    second.buffer.commit([_row(2, _RIGHT, "0000000200000002")], [], 0)
    dates = _dates(second)
    second.close()
    assert dates[1][1] - dates[1][0] >= 2 * UNSURE_ERROR_MS
    assert dates[2][1] - dates[2][0] < 70_000


def test_the_last_time_known_is_what_the_buffer_has_seen(store: Store) -> None:
    assert store.arrivals.last_known_ms() == 0
    store.buffer.commit([_row(1, _RIGHT)], [], 0)
    assert store.arrivals.last_known_ms() == _RIGHT
    store.health.save({}, [], 1, {"gateway": {}}, _RIGHT + 5)
    assert store.arrivals.last_known_ms() == _RIGHT + 5


def test_arrivals_that_became_known_are_not_unsure_after_a_restart(tmp_path: Path) -> None:
    store = _open(tmp_path)
    store.arrivals.begin_unsure()
    store.buffer.commit([_row(1, _WRONG)], [], 0)
    store.arrivals.known(_RIGHT - _WRONG)
    store.buffer.commit([_row(2, _RIGHT + 1000)], [], 0)
    store.close()
    again = _open(tmp_path)
    assert not any(again.arrivals.is_unsure(id_) for id_ in (1, 2))
    again.close()


async def _stored(writer: Writer) -> dict[int, int]:
    """By number, when each item arrived."""
    query = "SELECT seq, arrived_ms FROM items WHERE node = 'n-1'"
    return dict(await writer.call(lambda store: store.connection.execute(query).fetchall()))


async def test_every_item_is_moved_once_wherever_it_is_when_the_time_becomes_known(tmp_path: Path) -> None:
    writer = make_writer(tmp_path, make_telemetry(), limits=_LIMITS)
    await writer.open()
    await writer.call(lambda store: store.arrivals.begin_unsure())
    writer.submit([_row(0, _WRONG)], [])
    await writer.commit_pending()

    release = threading.Event()
    busy = asyncio.create_task(writer.call(lambda store: release.wait(10), Urgency.NOW))
    await asyncio.sleep(0)
    published = asyncio.create_task(writer.publish([PendingItem("event", {"k": "start", "a": {}}, 1, _RIGHT, 50)]))
    await asyncio.sleep(0)
    writer.submit([_row(1, _WRONG + 1)], [])
    committed = asyncio.create_task(writer.commit_pending())
    await asyncio.sleep(0)
    writer.submit([_row(2, _WRONG + 2)], [])
    writer.time_became_known(_RIGHT - _WRONG)
    writer.submit([_row(3, _RIGHT + 3)], [])
    release.set()
    await asyncio.gather(busy, published, committed)
    await writer.commit_pending()
    await writer.move_arrivals()
    assert await _stored(writer) == {seq: _RIGHT + seq for seq in range(4)}
    await writer.close()


async def test_what_is_stored_before_the_move_is_moved_with_the_rest(tmp_path: Path) -> None:
    writer = make_writer(tmp_path, make_telemetry(), limits=_LIMITS)
    await writer.open()
    await writer.call(lambda store: store.arrivals.begin_unsure())
    writer.submit([_row(0, _WRONG)], [])
    await writer.commit_pending()
    writer.time_became_known(_RIGHT - _WRONG)
    writer.submit([_row(1, _RIGHT + 1)], [])
    await writer.commit_pending()
    await writer.move_arrivals()
    assert await _stored(writer) == {0: _RIGHT, 1: _RIGHT + 1}
    await writer.close()
