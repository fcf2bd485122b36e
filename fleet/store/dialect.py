"""Everything that SQLite and PostgreSQL do differently. Nothing outside this file asks which of the two it is."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from math import inf
from typing import Any, cast

from sqlalchemy import Connection, Engine, Select, Table, Text, create_engine, event, func, insert, make_url, or_, select, text
from sqlalchemy import cast as cast_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from fleet.errors import MalformedError

SQLITE = "sqlite"
POSTGRESQL = "postgresql"
# Both speak ON CONFLICT in the same words; the type of one stands for both.
_INSERT: dict[str, Callable[[Table], sqlite.Insert]] = {SQLITE: sqlite.insert, POSTGRESQL: cast(Any, postgresql.insert)}

_AS_LIST = {SQLITE: func.json_group_array, POSTGRESQL: func.json_agg}

# Longest wait of a writer for another process on the same file.
_SQLITE_BUSY_MS = 10_000
# Connections of one process that are kept, and as many again at a peak; beyond, a request waits, then gets a 503.
_POOL = 10
# Rows of a hot insert that travel together: the thread that decodes requests gets between two statements only, not between two rows.
_ROWS_A_STATEMENT = 250
# Readers are many and their questions differ: a cache each (in KiB, negative) would only cost memory.
_SQLITE_READING_PRAGMAS = ("query_only=ON", f"busy_timeout={_SQLITE_BUSY_MS}", "cache_size=-4096")
# Instructions of SQLite's machine between two looks at the clock: some milliseconds.
_SQLITE_STEPS_BETWEEN_LOOKS = 100_000
# What several statements of one question read is of one moment, as SQLite has it anyway.
_POSTGRESQL_READING = "REPEATABLE READ"
_QUERY_CANCELED = "57014"
_DEADLOCK_DETECTED = "40P01"
_MIGRATION_LOCK = 0x41495247
# Every batch touches the last page of every series it reports: a longer log (in pages of 4 KiB) writes those back less often.
_SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    f"busy_timeout={_SQLITE_BUSY_MS}",
    "wal_autocheckpoint=8000",
    "cache_size=-32768",
)


def new_engine(url: str) -> Engine:
    """Its errors hide the values of a statement, which may be keys of nodes. Raises MalformedError on a database that is neither."""
    name = make_url(url).get_backend_name()
    if name == SQLITE:
        engine = create_engine(url, hide_parameters=True, pool_size=_POOL, max_overflow=_POOL)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if name == POSTGRESQL:
        return create_engine(url, hide_parameters=True, paramstyle="format", pool_pre_ping=True, pool_size=_POOL, max_overflow=_POOL)
    raise MalformedError(f"the database must be sqlite or postgresql+psycopg, not {name}")


def new_reading_engine(url: str, connections: int, longest_s: float | None, monotonic_ms: Callable[[], int]) -> Engine:
    """Of the same store, for so many readers at once, none of which can write. A statement that takes longer fails;
    was_cut_short. longest_s: None: each may take its time."""
    few = {"hide_parameters": True, "pool_size": connections, "max_overflow": 0}
    if make_url(url).get_backend_name() == POSTGRESQL:
        options = f"-c statement_timeout={(longest_s or 0) * 1000:.0f} -c default_transaction_read_only=on"
        made = create_engine(url, paramstyle="format", pool_pre_ping=True, connect_args={"options": options}, **few)
        return for_reading(made)
    engine = create_engine(url, **few)

    def prepare(connection: Any, record: Any) -> None:
        connection.isolation_level = None
        for pragma in _SQLITE_READING_PRAGMAS:
            connection.execute("PRAGMA " + pragma)
        connection.set_progress_handler(lambda: monotonic_ms() > record.info["until_ms"], _SQLITE_STEPS_BETWEEN_LOOKS)

    def limit(_connection: Any, record: Any, _proxy: object) -> None:
        record.info["until_ms"] = monotonic_ms() + (inf if longest_s is None else longest_s * 1000)

    event.listen(engine, "connect", prepare)
    event.listen(engine, "checkout", limit)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def was_cut_short(error: DBAPIError) -> bool:
    """Whether the time of a reading engine was over."""
    return getattr(error.orig, "sqlstate", None) == _QUERY_CANCELED or "interrupted" in str(error.orig)


def was_deadlocked(error: DBAPIError) -> bool:
    """Whether the store ended this one of several transactions that waited for each other; its savepoint can be done again. SQLite has one
    that writes at a time."""
    return getattr(error.orig, "sqlstate", None) == _DEADLOCK_DETECTED


def for_reading(engine: Engine) -> Engine:
    """The same store; all that is read in one transaction is of one moment."""
    return engine.execution_options(isolation_level=_POSTGRESQL_READING) if engine.dialect.name == POSTGRESQL else engine


def for_writing(engine: Engine) -> Engine:
    """The same store; its transactions take the write lock at their start, so that none fails half way for another's."""
    return engine.execution_options(writes=True)


def has_lost_transaction(connection: Connection) -> bool:
    """Whether the store has ended the transaction by itself, and with it all that was written in it: SQLite does when the disk is
    full, and then goes on without one, committing whatever comes next."""
    if connection.invalidated:
        return True
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name == SQLITE:
        return not driver.in_transaction
    return bool(driver.info.transaction_status.name != "INTRANS")


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins no transaction by itself; _begin_sqlite does
    for pragma in _SQLITE_PRAGMAS:
        connection.execute("PRAGMA " + pragma)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def read_packed(connection: Connection, query: Select[Any]) -> Iterator[tuple[Any, ...]]:
    """The rows of a query of many, whose columns are numbers and texts, in no order. The database makes one text of each column, so that
    the threads that serve gateways wait for them once and not for each row, and no row is an object that waits to be collected."""
    rows = query.subquery()
    as_list = _AS_LIST[connection.dialect.name]
    texts = connection.execute(select(*(cast_(as_list(column), Text) for column in rows.c))).one()
    return zip(*(json.loads(text_of_column or "[]") for text_of_column in texts))


def insert_unless_present(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Rows whose key, or unique columns, are there already change nothing."""
    if rows:
        connection.execute(_INSERT[connection.dialect.name](table).on_conflict_do_nothing(), rows)


def insert_or_replace(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], unless_older: str | None = None) -> None:
    """Rows whose primary key is there already replace the columns they name. unless_older: not where this column is greater there, also
    when another process has made it so meanwhile."""
    if not rows:
        return
    key = [column.name for column in table.primary_key]
    statement = _INSERT[connection.dialect.name](table)
    replaced = {name: statement.excluded[name] for name in rows[0] if name not in key}
    newer = None
    if unless_older is not None:
        newer = or_(table.c[unless_older].is_(None), table.c[unless_older] <= statement.excluded[unless_older])
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=replaced, where=newer), rows)


def add_to_counter(connection: Connection, table: Table, row: dict[str, Any], counter: str = "count") -> None:
    """Adds to the counter of the row's key; other columns are replaced."""
    connection.execute(_counting(connection, table, list(row), counter), row)


def count_tuples(connection: Connection, table: Table, rows: list[tuple[Any, ...]], counter: str) -> None:
    """As add_to_counter, of rows in the order of the table's columns: the short way down to the driver, for the hot path."""
    if not rows:
        return
    cache: dict[str, str] = connection.dialect.__dict__.setdefault("fleet_counting_statements", {})
    if table.name not in cache:
        statement = _counting(connection, table, [column.name for column in table.columns], counter)
        cache[table.name] = str(statement.compile(dialect=connection.dialect))
    connection.exec_driver_sql(cache[table.name], rows)


def _counting(connection: Connection, table: Table, names: list[str], counter: str) -> Any:
    key = [column.name for column in table.primary_key]
    statement = _INSERT[connection.dialect.name](table)
    changed: dict[str, Any] = {name: statement.excluded[name] for name in names if name not in key}
    changed[counter] = table.c[counter] + statement.excluded[counter]
    return statement.on_conflict_do_update(index_elements=key, set_=changed)


def insert_tuples(connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
    """New rows, each in the order of the table's columns: the short way down to the driver, for the hot path."""
    whole = len(rows) - len(rows) % _ROWS_A_STATEMENT
    for at in range(0, whole, _ROWS_A_STATEMENT):
        part = rows[at : at + _ROWS_A_STATEMENT]
        connection.exec_driver_sql(_tuple_insert(connection, table, _ROWS_A_STATEMENT), tuple(chain.from_iterable(part)))
    if whole < len(rows):
        connection.exec_driver_sql(_tuple_insert(connection, table, 1), rows[whole:])


def _tuple_insert(connection: Connection, table: Table, rows: int) -> str:
    cache: dict[tuple[str, int], str] = connection.dialect.__dict__.setdefault("fleet_statements", {})
    if (table.name, rows) not in cache:
        one, values = str(insert(table).compile(dialect=connection.dialect)).split(" VALUES ")
        cache[table.name, rows] = f"{one} VALUES {', '.join([values] * rows)}"
    return cache[table.name, rows]


def one_at_a_time(connection: Connection, table: Table) -> None:
    """Until the transaction ends no other one changes the table; others go on reading it. Within SQLite a transaction, begun for writing,
    is alone anyway."""
    if connection.dialect.name == POSTGRESQL:
        connection.exec_driver_sql(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE")


def continue_numbering(connection: Connection, table: str, last: int) -> None:
    """The next row that gets its id from the database gets last + 1. On SQLite of a table with AUTOINCREMENT only."""
    if connection.dialect.name == POSTGRESQL:
        connection.execute(text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :next, false)"), {"name": table, "next": last + 1})
        return
    connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table})
    connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), {"name": table, "last": last})


def alone_until_commit(connection: Connection, key: int) -> None:
    """Of all transactions that ask for this key; SQLite has one that writes at a time anyway."""
    if connection.dialect.name == POSTGRESQL:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def is_alone_until_commit(connection: Connection, key: int) -> bool:
    """As alone_until_commit, but at once: False where another transaction has the key."""
    if connection.dialect.name == POSTGRESQL:
        return bool(connection.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": key}).scalar_one())
    return True


@contextmanager
def migration_lock(connection: Connection) -> Iterator[None]:
    """One process migrates at a time. Within SQLite the transaction, begun for writing, is that lock."""
    alone_until_commit(connection, _MIGRATION_LOCK)
    yield


def notify(connection: Connection, channel: str, payload: str) -> None:
    """With the commit, to every connection that listens. SQLite has nobody to tell."""
    if connection.dialect.name == POSTGRESQL:
        connection.execute(text("SELECT pg_notify(:channel, :payload)"), {"channel": channel, "payload": payload})


def size_bytes(connection: Connection) -> int:
    """Of a store that is no file of this machine."""
    if connection.dialect.name != POSTGRESQL:
        return 0
    return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())


def driver_arguments(url: str) -> dict[str, Any] | None:
    """What the driver connects with where the store can be listened to (notify), else None."""
    parsed = make_url(url)
    if parsed.get_backend_name() != POSTGRESQL:
        return None
    return dict(parsed.get_dialect()().create_connect_args(parsed)[1])
