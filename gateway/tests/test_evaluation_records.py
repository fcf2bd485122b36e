"""From where the windows of rules are rebuilt, and since when they are whole, in a buffer that no longer has everything."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.items import Row
from gateway.store.site.dating import Limits
from gateway.store.site.evaluation_records import Progress, load, save, stored_before
from gateway.store.store import Store, StoreOpener

_T0_MS = 1_800_000_000_000
_COUNT = 20


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Items 1 to 20, one a second."""
    store = StoreOpener(tmp_path, Limits(1000, 100, 86_400_000), 1 << 24, "gw-east").open(_T0_MS).store
    for seq in range(_COUNT):
        at_ms = _T0_MS + 1000 * (seq + 1)
        store.buffer.commit([Row("n-1", "0000000100000001", seq, "hello", at_ms, 1000 * seq, 0, None, None, b"{}")], [], 0)
    yield store
    store.close()


# name: items that are gone, judged up to, horizon in s, most -> after id, whole from (s after the first item, None: since ever)
CASES: dict[str, tuple[int, int, int, int, int, int | None]] = {
    "as far as the horizon of the newest judged, however long ago that was": (0, 20, 5, 100, 14, 14),
    "what is not judged yet does not count": (0, 12, 5, 100, 6, 6),
    "the first item is there: nothing ever came before it": (0, 20, 60, 100, 0, None),
    "older ones are gone: whole since the oldest that is left": (8, 20, 60, 100, 0, 8),
    "the horizon is reached though older ones are gone": (8, 20, 5, 100, 14, 14),
    "not more than so many": (0, 20, 15, 6, 14, 14),
    "nothing judged": (0, 0, 60, 100, 0, None),
    "nothing left of what was judged": (8, 5, 60, 100, 5, None),
}


@pytest.mark.parametrize("name", CASES)
def test_where_to_begin(store: Store, name: str) -> None:
    gone, cursor, horizon_s, most, after_id, whole_s = CASES[name]
    store.connection.execute("DELETE FROM stored WHERE id <= ?", (gone,))
    whole_from_ms = 0 if whole_s is None else _T0_MS + 1000 * (whole_s + 1)
    assert stored_before(store.connection, cursor, 1000 * horizon_s, most) == (after_id, whole_from_ms)


def test_windows_are_whole_only_behind_what_was_thinned_in_the_middle(store: Store) -> None:
    store.connection.execute("DELETE FROM stored WHERE id BETWEEN 10 AND 12")
    assert stored_before(store.connection, 20, 60_000, 100) == (0, _T0_MS + 13_000)
    assert stored_before(store.connection, 20, 5000, 100) == (14, _T0_MS + 15_000)


def test_a_cursor_beyond_what_is_stored_goes_back_to_the_newest(store: Store) -> None:
    # As after the buffer was set aside: else nothing would be judged until the ids have caught up.
    save(store.connection, Progress(1000, []))
    assert load(store.connection) == Progress(_COUNT, [])
