"""The gateway's own voice: numbered without a hole, also over transactions that failed, restarts and a buffer set aside."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract import messages
from contract.errors import MessageError
from contract.site import node_messages
from contract.values import is_boot
from gateway.store.database import FILE_NAME, transaction
from gateway.store.site.dating import Limits
from gateway.store.site.station import PendingItem
from gateway.store.store import Store, StoreOpener

_OPENER_LIMITS = Limits(clock_error_ms=50, drift_ppm=100, undated_age_ms=86_400_000)


def _open(folder: Path) -> Store:
    return StoreOpener(folder, _OPENER_LIMITS, 1 << 24, "gw-east").open(0).store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = _open(tmp_path)
    yield store
    store.close()


def _event(key: str) -> PendingItem:
    return PendingItem(messages.EVENT, {"k": key, "a": {}}, uptime_ms=5000, moment_ms=1_700_000_000_000, error_ms=1000)


def _say(store: Store, *keys: str) -> list[int]:
    with transaction(store.connection):
        return [row.seq for row in store.station.publish([_event(key) for key in keys], arrived_ms=7)]


def _stored(store: Store) -> list[tuple[str, str, int]]:
    return store.connection.execute("SELECT node, boot, seq FROM items ORDER BY id").fetchall()


def test_what_it_says_is_numbered_from_zero_and_waits_for_the_fleet(store: Store) -> None:
    assert _say(store, "a", "b") == [0, 1]
    assert _say(store, "c") == [2]
    waiting = store.outbox.next_batch(10, 1 << 20, extras=False).items
    assert [(item.row.node, item.row.boot, item.row.seq) for item in waiting] == [("gw-east", store.station.boot, seq) for seq in range(3)]
    assert is_boot(store.station.boot)
    assert [node_messages.read(messages.EVENT, b'{"b":"%s","i":[%s]}' % (store.station.boot.encode(), item.row.body)) for item in waiting]


def test_a_number_whose_transaction_failed_is_given_again(store: Store) -> None:
    _say(store, "a")
    with pytest.raises(ZeroDivisionError), transaction(store.connection):
        store.station.publish([_event("lost")], arrived_ms=7)
        raise ZeroDivisionError
    assert _say(store, "b") == [1]


def test_every_opening_of_the_buffer_is_a_boot_of_its_own_and_they_sort_by_age(tmp_path: Path) -> None:
    boots = []
    for _ in range(3):
        store = _open(tmp_path)
        _say(store, "a")
        boots.append(store.station.boot)
        store.close()
    assert boots == sorted(set(boots))


def test_a_boot_that_said_nothing_leaves_its_count_to_the_next_but_never_the_same_id(tmp_path: Path) -> None:
    first, second = _open(tmp_path), None
    silent = first.station.boot
    first.close()
    second = _open(tmp_path)
    assert second.station.boot != silent
    assert _say(second, "a") == [0]
    second.close()


def test_a_fresh_buffer_in_the_place_of_a_damaged_one_does_not_repeat_a_boot(tmp_path: Path) -> None:
    store = _open(tmp_path)
    _say(store, "a")
    before = store.station.boot
    store.close()
    (tmp_path / FILE_NAME).write_bytes(b"no database")
    again = _open(tmp_path)
    assert _say(again, "a") == [1], "after what it says of the damaged one"
    assert again.station.boot != before
    again.close()


def test_what_the_contract_would_refuse_is_never_stored(store: Store) -> None:
    with pytest.raises(MessageError), transaction(store.connection):
        store.station.publish([PendingItem(messages.EVENT, {"k": ""}, 0, 0, 0)], arrived_ms=7)
    assert _stored(store) == []
