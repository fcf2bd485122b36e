"""Values of an older store are due (0017), hour by hour, on both databases."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from fleet.record.aggregates.making import make_piece
from fleet.record.tables import aggregate, aggregate_due, site_hour
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
    return made


def test_every_hour_that_a_value_touches_is_due_and_is_made(engine: Engine) -> None:
    migrate_to(engine, "0016")
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


# Two sites of 0022. At s-1 a node was retired and goes on: its series 2 is outside of its deployment.
OF_TWO_SITES = """
INSERT INTO site (id, name, latitude, longitude, created_ms) VALUES ('s-1', 'a', 1, 2, 0), ('s-2', 'b', 1, 2, 0);
INSERT INTO gateway (id, site_id, created_ms, desired_version) VALUES ('g-1', 's-1', 0, 1);
INSERT INTO node (id, key_hex, created_ms, settings_version) VALUES ('n-1', 'x', 0, 0), ('n-2', 'x', 0, 0);
INSERT INTO deployment (id, node_id, site_id, gateway_id, from_ms, to_ms, node_from_ms) VALUES
    (1, 'n-1', 's-1', 'g-1', 0, 3600000, 0), (2, 'n-2', 's-2', 'g-1', 0, NULL, 0);
INSERT INTO slot_position (deployment_id, slot, outside, position) VALUES (1, 0, false, 0), (1, 0, true, 1), (2, 0, false, 0);
INSERT INTO series (id, site_id, position, quantity) VALUES (1, 's-1', 0, 2), (2, 's-1', 1, 2), (3, 's-2', 0, 2);
INSERT INTO aggregate (series_id, start_ms, quality, n, usable_ms, error_ms, origins) VALUES
    (1, 0, 0, 1, 600, 0, 0), (2, 0, 0, 1, 500, 0, 0), (2, 3600000, 0, 1, 400, 0, 0), (3, 0, 0, 1, 300, 0, 0);
INSERT INTO site_hour (site_id, start_ms, usable_ms) VALUES ('s-1', 0, 1100), ('s-1', 3600000, 400), ('s-2', 0, 300)
"""


def test_hours_of_sites_lose_what_was_dated_outside_of_every_deployment(engine: Engine) -> None:
    migrate_to(engine, "0022")
    with for_writing(engine).begin() as connection:
        for statement in OF_TWO_SITES.split(";"):
            connection.exec_driver_sql(statement)
    migrate(engine)
    with engine.connect() as connection:
        columns = site_hour.c.site_id, site_hour.c.start_ms, site_hour.c.usable_ms
        assert sorted(map(tuple, connection.execute(select(*columns)))) == [("s-1", 0, 600), ("s-1", HOUR_MS, 0), ("s-2", 0, 300)]
    engine.dispose()
