"""A file that cannot be used: kept under another name, told of, and its room bounded. An older one is brought up to date."""

import json
import sqlite3
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from gateway.items import Row
from gateway.store.database import FILE_NAME
from gateway.store.schema import MIGRATIONS
from gateway.store.site.dating import Limits
from gateway.store.space.set_aside import aside_bytes
from gateway.store.space.usage import used_bytes
from gateway.store.store import Opened, StoreOpener
from gateway.time.site_clock import UNSURE_ERROR_MS

_BOOT = "0000000100000001"


def _open(folder: Path, now_ms: int = 1234, budget_bytes: int = 1 << 24) -> Opened:
    return StoreOpener(folder, Limits(50, 100, 86_400_000), budget_bytes, "gw-east").open(now_ms)


def _row(seq: int) -> Row:
    return Row("n-1", _BOOT, seq, "report", 1_000_000 + seq, 1000 * seq, 1000, None, None, b'{"ch":[]}')


def _told(opened: Opened) -> list[dict[str, Any]]:
    bodies = opened.store.connection.execute("SELECT body FROM items WHERE node = 'gw-east' AND kind = 'event'")
    return [json.loads(body) for (body,) in bodies]


def test_what_was_set_aside_and_what_may_be_lost_is_told_to_the_fleet(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"garbage" * 1000)
    opened = _open(tmp_path)
    assert opened.set_aside is not None
    (event,) = _told(opened)
    assert event["k"] == "store_set_aside"
    told = event["a"]
    assert (told["file"], told["bytes"], told["waiting"]) == (f"{FILE_NAME}.set-aside-1234", 7000, None)
    assert "not a database" in told["reason"]
    assert opened.store.health.counters() == {"items.stored": 1}


def test_a_gateway_that_does_not_know_the_time_says_so_of_what_it_set_aside(tmp_path: Path) -> None:
    opener = StoreOpener(tmp_path, Limits(50, 100, 86_400_000), 1 << 24, "gw-east")
    (tmp_path / FILE_NAME).write_bytes(b"garbage" * 1000)
    opened = opener.open(1234, UNSURE_ERROR_MS)
    assert [event["e"] for event in _told(opened)] == [UNSURE_ERROR_MS]
    again = opener.open_after_damage(opened.store, "on purpose", 1235, UNSURE_ERROR_MS)
    assert [event["e"] for event in _told(again)] == [UNSURE_ERROR_MS] and again.store.clocks.clock_error_ms == UNSURE_ERROR_MS
    again.store.close()


def test_a_buffer_of_a_newer_version_is_set_aside_whole_and_says_how_many_wait_in_it(tmp_path: Path) -> None:
    newer = _open(tmp_path).store
    newer.buffer.commit([_row(0), _row(1)], [], 0)
    newer.connection.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('gateway_buffer', 'wings', '2030')")
    newer.close()
    opened = _open(tmp_path)
    assert opened.set_aside is not None and opened.set_aside.waiting == 2
    assert _told(opened)[0]["a"]["reason"] == "made by a newer version of this program: wings"
    kept = sqlite3.connect(opened.set_aside.file)
    assert kept.execute("SELECT count(*) FROM stored").fetchone() == (2,)


def test_an_older_buffer_is_brought_up_to_date_with_all_it_has(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    MIGRATIONS.apply(Database(connection), stop_before="station")
    columns = "node, boot, seq, kind, arrived_ms, uptime_ms, duration_ms, body, lane"
    connection.execute(f"INSERT INTO items ({columns}) VALUES ('n', ?, 7, 'report', 1, 2, 3, x'7b7d', 1)", (_BOOT,))
    connection.close()
    opened = _open(tmp_path)
    assert opened.set_aside is None
    assert [item.row.seq for item in opened.store.outbox.next_batch(10, 1000, extras=False).items] == [7]
    assert not MIGRATIONS.pending(Database(opened.store.connection))


def test_files_set_aside_count_in_the_budget_and_go_before_any_report_is_thinned(tmp_path: Path) -> None:
    budget = 1 << 20
    for now_ms in (1, 2):
        (tmp_path / FILE_NAME).write_bytes(b"garbage!" * 40_000)
        opened = _open(tmp_path, now_ms, budget)
        opened.store.close()
    store = _open(tmp_path, 3, budget).store
    path = tmp_path / FILE_NAME
    assert aside_bytes(path) == 640_000 and used_bytes(store.connection, path) > 640_000
    gone: dict[str, int] = {}
    for start in range(0, 2000, 50):
        for name, number in store.eviction.make_room(9).items():
            gone[name] = gone.get(name, 0) + number
        store.buffer.commit([_row(seq) for seq in range(start, start + 50)], [], 0)
    assert gone == {"store.aside_deleted": 1}
    assert aside_bytes(path) == 320_000
    assert not (tmp_path / f"{FILE_NAME}.set-aside-1").exists(), "the oldest goes first"
