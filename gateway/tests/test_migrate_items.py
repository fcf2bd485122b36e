"""A buffer from before ADR 0017 opens, with all that it has, however far an earlier try came."""

import sqlite3
from pathlib import Path

import pytest
from sqlite_utils import Database

from gateway.items import Row
from gateway.store.database import FILE_NAME
from gateway.store.delivery.backlog import lanes
from gateway.store.delivery.batch import Verdict
from gateway.store.migrate_items import move_slice
from gateway.store.schema import MIGRATIONS, bring_up_to_date
from gateway.store.site.dating import Limits
from gateway.store.store import Store, StoreOpener

_BOOTS = ("0000000100000001", "0000000200000002")
_COLUMNS = "id, node, boot, seq, kind, arrived_ms, uptime_ms, duration_ms, utc_ms, utc_error_ms, body, lane, sent_ms"
_COUNT = 5000
_KINDS = {0: ("event", 0), 1: ("report", 3)}


def _old(folder: Path) -> list[tuple[object, ...]]:
    """Five slices' worth of items: every third sent, ids with holes between, two boots of two nodes, three lanes."""
    rows: list[tuple[object, ...]] = []
    for number in range(_COUNT):
        kind, lane = _KINDS.get(number % 7, ("report", 1))
        sent_ms = 9 if number % 3 == 0 else None
        key = (f"n-{number % 2}", _BOOTS[number // 2 % 2], number // 4)
        rows.append((2 * number + 1, *key, kind, 1000 + number, number, 10, None, None, b'{"q":%d,"ch":[]}' % number, lane, sent_ms))
    connection = sqlite3.connect(folder / FILE_NAME, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA page_size = 4096")
    MIGRATIONS.apply(Database(connection), stop_before="stored")
    connection.execute("BEGIN")
    connection.executemany(f"INSERT INTO items ({_COLUMNS}) VALUES ({', '.join('?' * 13)})", rows)
    connection.execute("INSERT INTO counters VALUES ('items.stored', 5100), ('items.forwarded', 1767)")
    connection.execute("COMMIT")
    connection.close()
    return rows


def _open(folder: Path) -> Store:
    opened = StoreOpener(folder, Limits(50, 100, 86_400_000), 1 << 24, "gw-east").open(0)
    assert opened.set_aside is None
    return opened.store


def _is_all_there(store: Store, rows: list[tuple[object, ...]]) -> None:
    columns = _COLUMNS.removesuffix(", sent_ms")
    assert store.connection.execute(f"SELECT {columns} FROM items ORDER BY id").fetchall() == [row[:-1] for row in rows]
    waiting = store.connection.execute("SELECT id FROM unsent ORDER BY id").fetchall()
    assert waiting == [row[:1] for row in rows if row[-1] is None]
    assert store.health.counters() == {"items.stored": 5100, "items.forwarded": 1767}
    assert store.connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'items_before'").fetchone() == (0,)
    assert store.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_every_item_is_there_those_that_wait_wait_and_those_that_come_again_are_known(tmp_path: Path) -> None:
    rows = _old(tmp_path)
    store = _open(tmp_path)
    _is_all_there(store, rows)
    again = [Row(str(node), str(boot), int(str(seq)), "report", 1, 1, 1, None, None, b"{}") for _, node, boot, seq, *_ in rows]
    new = Row("n-0", _BOOTS[0], _COUNT, "report", 1, 1, 1, None, None, b"{}")
    assert store.buffer.commit([*again, new], [], 0).counts["items.stored"] == 1
    assert store.outbox.newest_id() == 2 * _COUNT
    store.close()


@pytest.mark.parametrize("slices", [0, 1, 2])
def test_a_kill_while_it_is_moved_loses_nothing(tmp_path: Path, slices: int) -> None:
    rows = _old(tmp_path)
    connection = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    bring_up_to_date(connection)
    moves = connection.execute("SELECT id FROM items_before ORDER BY id").fetchall()
    for number in range(slices):
        _move_one_slice(connection, moves[2000 * number + 1999][0])
    connection.close()
    store = _open(tmp_path)
    _is_all_there(store, rows)
    store.close()


def _move_one_slice(connection: sqlite3.Connection, up_to_id: int) -> None:
    connection.execute("BEGIN IMMEDIATE")
    move_slice(connection, up_to_id)
    connection.execute("COMMIT")


def test_a_full_buffer_of_before_opens_too(tmp_path: Path) -> None:
    rows = _old(tmp_path)
    size = (tmp_path / FILE_NAME).stat().st_size
    opened = StoreOpener(tmp_path, Limits(50, 100, 86_400_000), max(1 << 20, size), "gw-east").open(0)
    _is_all_there(opened.store, rows)
    batch = opened.store.outbox.next_batch(500, 1 << 20, extras=False)
    opened.store.outbox.settle(batch, [Verdict("accepted")] * 500, gaps_taken=True, now_ms=1)
    assert lanes(opened.store.connection)["urgent"].waiting < 500
    opened.store.close()
