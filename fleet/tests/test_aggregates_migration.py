"""Values of an older store are due (0017), hour by hour, on both databases."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from fleet.record.aggregates.making import make_piece
from fleet.record.tables import aggregate, aggregate_due
from fleet.store.dialect import for_writing, new_engine
from fleet.store.engine import migrate, sqlite_url
from fleet.tests.migrations import migrate_to, without_tables

HOUR_MS = 3_600_000
# (start, duration) -> the hours of it that are due
VALUES = {
    (5, 60_000): [0],
    (3 * HOUR_MS - 1000, 1000): [2],
    (5 * HOUR_MS - 1000, 1001): [4, 5],
    (10 * HOUR_MS, 25 * HOUR_MS): list(range(10, 35)),
    (200 * HOUR_MS, 0): [200],
}


@pytest.fixture
def engine(tmp_path: Path, db: str | None) -> Engine:
    made = new_engine(db or sqlite_url(tmp_path / "x.sqlite"))
    without_tables(made)
    migrate_to(made, "0016")
    return made


def test_every_hour_that_a_value_touches_is_due_and_is_made(engine: Engine) -> None:
    with for_writing(engine).begin() as connection:
        for seq, (start_ms, duration_ms) in enumerate(VALUES):
            row = f"(7, {start_ms}, 1, {seq}, {duration_ms}, 0, 1, 5, 5, 5, 0, 20)"
            columns = "series_id, start_ms, boot_id, seq, duration_ms, quality, n, mean, least, greatest, how, error_ms"
            connection.exec_driver_sql(f"INSERT INTO value ({columns}) VALUES {row}")
    migrate(engine)
    expected = sorted({hour for hours in VALUES.values() for hour in hours})
    with for_writing(engine).begin() as connection:
        due = connection.execute(select(aggregate_due.c.series_id, aggregate_due.c.start_ms)).all()
        assert sorted((series, start_ms // HOUR_MS) for series, start_ms in due) == [(7, hour) for hour in expected]
        assert make_piece(connection, 10**12, 100) == len(expected)
        assert sorted(start_ms // HOUR_MS for start_ms in connection.execute(select(aggregate.c.start_ms)).scalars()) == expected
    engine.dispose()
