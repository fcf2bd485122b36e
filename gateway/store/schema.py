"""The tables of buffer.sqlite, as migrations: each is applied once, in a transaction with its own record."""

import sqlite3

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from gateway.store.lanes import APPLICATION_ID

MIGRATIONS = Migrations("gateway_buffer")


@MIGRATIONS()
def items(db: Database) -> None:
    # The identity of an item is (node, boot, seq). `id` is the order of arrival, in which the fleet gets them.
    db.execute("""
        CREATE TABLE items (
            id INTEGER PRIMARY KEY, node TEXT NOT NULL, boot TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL,
            arrived_ms INTEGER NOT NULL, uptime_ms INTEGER NOT NULL, duration_ms INTEGER NOT NULL,
            utc_ms INTEGER, utc_error_ms INTEGER, body BLOB NOT NULL, lane INTEGER NOT NULL, sent_ms INTEGER,
            UNIQUE (node, boot, seq))""")
    db.execute("CREATE INDEX items_waiting ON items (lane, id) WHERE sent_ms IS NULL")
    db.execute("CREATE INDEX items_sent ON items (sent_ms) WHERE sent_ms IS NOT NULL")


@MIGRATIONS()
def boots(db: Database) -> None:
    # What is known of the clock of each boot; told_error_ms: the error of the anchor that was reported to the fleet.
    db.execute("""
        CREATE TABLE boots (
            node TEXT NOT NULL, boot TEXT NOT NULL, anchor_uptime_ms INTEGER, anchor_offset_ms INTEGER, anchor_error_ms INTEGER,
            latest_offset_ms INTEGER, not_before_ms INTEGER, last_uptime_ms INTEGER NOT NULL, told_error_ms INTEGER,
            PRIMARY KEY (node, boot))""")


@MIGRATIONS()
def losses(db: Database) -> None:
    # What was acknowledged and yet will not reach the record, and why. first and last are inclusive.
    db.execute("""
        CREATE TABLE gaps (
            id INTEGER PRIMARY KEY, node TEXT NOT NULL, boot TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
            why TEXT NOT NULL, at_ms INTEGER NOT NULL, told INTEGER NOT NULL)""")
    db.execute("CREATE INDEX gaps_untold ON gaps (id) WHERE told = 0")
    db.execute("""
        CREATE TABLE refused (
            id INTEGER PRIMARY KEY, node TEXT NOT NULL, boot TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL,
            reason TEXT NOT NULL, at_ms INTEGER NOT NULL, body BLOB NOT NULL, UNIQUE (node, boot, seq))""")


@MIGRATIONS()
def health(db: Database) -> None:
    db.execute("CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID")
    db.execute("CREATE TABLE errors (id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, place TEXT NOT NULL, text TEXT NOT NULL)")
    # One JSON document per subject, such as the last state of every node, for `status`.
    db.execute("CREATE TABLE snapshots (subject TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, document TEXT NOT NULL) WITHOUT ROWID")


@MIGRATIONS()
def station(db: Database) -> None:
    # One row: how many boots the gateway itself has had, and the next number of the newest one.
    db.execute("CREATE TABLE station (boots INTEGER NOT NULL, next_seq INTEGER NOT NULL)")
    db.execute("INSERT INTO station VALUES (0, 0)")


@MIGRATIONS()
def unsure_arrivals(db: Database) -> None:
    # Items (after_id, up_to_id] came while the time was not known; up_to_id is NULL while that goes on.
    db.execute("CREATE TABLE unsure (after_id INTEGER NOT NULL, up_to_id INTEGER)")


@MIGRATIONS()
def data_months(db: Database) -> None:
    # What went over the line to the fleet, by month such as 2026-11, and the greatest share of its budget that has been reported.
    db.execute("""
        CREATE TABLE data_months (
            month TEXT PRIMARY KEY, up_bytes INTEGER NOT NULL, down_bytes INTEGER NOT NULL, told_percent INTEGER NOT NULL) WITHOUT ROWID""")


@MIGRATIONS()
def evaluation(db: Database) -> None:
    # One row: items up to the cursor have been judged by the rules; state: what is open by then, as JSON.
    db.execute("CREATE TABLE evaluation (cursor INTEGER NOT NULL, state TEXT NOT NULL)")
    db.execute("INSERT INTO evaluation SELECT ifnull(max(id), 0), '[]' FROM items")


@MIGRATIONS()
def track(db: Database) -> None:
    # Where a mobile site was when; state: track.py.
    db.execute("""
        CREATE TABLE track (
            at_ms INTEGER PRIMARY KEY, state TEXT NOT NULL, lat_e7 INTEGER, lon_e7 INTEGER, speed_mm_s INTEGER, fix TEXT,
            hdop_x100 INTEGER)""")


@MIGRATIONS()
def gaps_by_end(db: Database) -> None:
    # A gap that goes on where one ended that has not been reported yet makes that one longer.
    db.execute("CREATE INDEX gaps_by_end ON gaps (node, boot, last) WHERE told = 0")


@MIGRATIONS()
def stored(db: Database) -> None:
    # ADR 0017. Items are put in at the end of `stored` and touch nothing else: what a commit writes is little more than they are.
    # origins: the boots, and which of their numbers have been taken (sequence_ranges.py), as of the item reached.taken_id.
    # waiting: what the fleet does not have, as of the item reached.waiting_id; what came after that one waits too, by rule.
    # Rows of the table before are moved by migrate_items.py, in slices. A body is packed or not (packing.py); `items` shows it as it came.
    db.execute("ALTER TABLE items RENAME TO items_before")
    db.execute("""
        CREATE TABLE origins (
            id INTEGER PRIMARY KEY, node TEXT NOT NULL, boot TEXT NOT NULL, taken TEXT NOT NULL, last_id INTEGER NOT NULL,
            UNIQUE (node, boot))""")
    db.execute("""
        CREATE TABLE stored (
            id INTEGER PRIMARY KEY, origin INTEGER NOT NULL, seq INTEGER NOT NULL, kind TEXT, arrived_ms INTEGER NOT NULL,
            uptime_ms INTEGER NOT NULL, duration_ms INTEGER NOT NULL, utc_ms INTEGER, utc_error_ms INTEGER, body BLOB NOT NULL,
            lane INTEGER NOT NULL)""")
    db.execute("CREATE TABLE waiting (lane INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (lane, id)) WITHOUT ROWID")
    db.execute("CREATE TABLE reached (waiting_id INTEGER NOT NULL, taken_id INTEGER NOT NULL)")
    db.execute("INSERT INTO reached VALUES (0, 0)")
    db.execute("""
        CREATE VIEW items AS SELECT stored.id, node, boot, seq, ifnull(kind, 'report') AS kind, arrived_ms, uptime_ms, duration_ms, utc_ms,
            utc_error_ms, CASE WHEN substr(body, 1, 1) = x'01' THEN unpacked(body) ELSE body END AS body, lane
            FROM stored CROSS JOIN origins ON origins.id = stored.origin""")
    db.execute("""
        CREATE VIEW unsent AS SELECT lane, id FROM waiting
            UNION ALL SELECT lane, id FROM stored WHERE id > (SELECT waiting_id FROM reached)""")


@MIGRATIONS()
def handed(db: Database) -> None:
    # sent_stretches.py: a stretch of ids for each row.
    db.execute("CREATE TABLE handed (stretch INTEGER PRIMARY KEY)")


@MIGRATIONS()
def data_used_up(db: Database) -> None:
    # A row while the data budget is used up, and that has been reported.
    db.execute("CREATE TABLE data_used_up (only INTEGER PRIMARY KEY)")
    db.execute("INSERT INTO data_used_up SELECT 1 WHERE (SELECT told_percent FROM data_months ORDER BY month DESC LIMIT 1) >= 100")


def bring_up_to_date(connection: sqlite3.Connection) -> None:
    db = Database(connection)
    MIGRATIONS.apply(db)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def unknown_migrations(connection: sqlite3.Connection) -> list[str]:
    """Of the file, by name: not empty when a newer version of this program made it."""
    applied = [name for (name,) in connection.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = ?", (MIGRATIONS.name,))]
    known = {migration.name for migration in MIGRATIONS.pending(Database(memory=True))}
    return [name for name in applied if name not in known]
