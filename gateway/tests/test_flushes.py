"""What a power cut must not take back is flushed before anybody is told of it; what would only be done again spares the card a flush."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.store.delivery.batch import Verdict
from gateway.store.delivery.delivery import LanePart
from gateway.store.lanes import REPORT_LANE
from gateway.store.store import Store
from gateway.tests.away import START_MS, live, open_store, reading
from gateway.time.site_clock import SYSTEM, Moment


def _hand_out(store: Store) -> None:
    store.outbox.next_batch(10, 1 << 20, extras=False, parts=[LanePart(REPORT_LANE)])


def _settle(store: Store) -> None:
    batch = store.outbox.next_batch(10, 1 << 20, extras=False, parts=[LanePart(REPORT_LANE)])
    store.outbox.settle(batch, [Verdict("accepted")] * len(batch.items), gaps_taken=False, now_ms=5)
    store.delivery.save_now()


def _expire(store: Store) -> None:
    _settle(store)
    assert store.eviction.expire(1 << 62)


def _count_traffic(store: Store) -> None:
    store.data_months.add(10, 0, 5, (80, 100), Moment(START_MS, 50, SYSTEM), 0)


_FLUSHED: dict[str, Callable[[Store], object]] = {
    "a commit": lambda store: store.buffer.commit([reading("n-9", 0)], [], START_MS),
    "thinning: the fleet may have the summary soon": lambda store: store.eviction.thinning.thin_reports(START_MS),
    "merging": lambda store: store.eviction.thinning.merge_summaries(START_MS),
    "dropping": lambda store: store.eviction.thinning.drop_summaries(START_MS),
    "what leaves for the fleet": _hand_out,
    "a warning of the data budget": _count_traffic,
}
_SOFT: dict[str, Callable[[Store], object]] = {
    "receipts: sent once more": _settle,
    "tidying": _expire,
    "counters for status": lambda store: store.health.save({"mqtt.connects": 1}, [], 10, {}, START_MS),
}


def _levels(folder: Path, operation: Callable[[Store], object]) -> list[str]:
    """Of every transaction that the operation commits, in order: FULL, or NORMAL for a soft one."""
    store, level, found = open_store(folder, 1 << 24), "FULL", []
    live(store, 1, 3)
    for _ in range(2):
        store.eviction.thinning.thin_reports(START_MS)

    def note(statement: str) -> None:
        nonlocal level
        if statement.startswith("PRAGMA synchronous = "):
            level = statement.rsplit(" ", 1)[1]
        elif statement == "COMMIT":
            found.append(level)

    store.connection.set_trace_callback(note)
    operation(store)
    store.connection.set_trace_callback(None)
    store.close()
    return found


@pytest.mark.parametrize("name", _FLUSHED)
def test_it_is_flushed(tmp_path: Path, name: str) -> None:
    assert _levels(tmp_path, _FLUSHED[name])[-1:] == ["FULL"]


@pytest.mark.parametrize("name", _SOFT)
def test_it_spares_the_flush(tmp_path: Path, name: str) -> None:
    assert _levels(tmp_path, _SOFT[name])[-1:] == ["NORMAL"]
