"""Series by node become series by site (0005) with their data, on both databases."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from fleet.errors import MigrationError
from fleet.record.series import Span, node_series, site_series
from fleet.store.dialect import for_writing, new_engine
from fleet.store.engine import migrate, sqlite_url
from fleet.tests.migrations import migrate_to, without_tables

ALL = Span(0, 10_000)
# (id of the series, node, slot, quantity), as the store before made them in the order in which they were heard of.
SERIES = [(1, "b", 0, 2), (2, "a", 1, 2), (3, "a", 0, 2), (4, "a", 0, 41), (5, "g", 0, 2), (6, "c", 0, 2)]


def test_existing_values_read_the_same_and_new_ones_go_on(tmp_path: Path, db: str | None) -> None:
    engine = _older_store(tmp_path, db)
    migrate(engine)
    with engine.connect() as connection:
        for series_id, node, slot, quantity in SERIES:
            (point,) = node_series(connection, node, {2: "pm2_5_cf1", 41: "humidity"}[quantity], slot, ALL).points
            assert (point.slot, point.start_ms, point.value) == (slot, 1000 * series_id, series_id)
        north, south = (site_series(connection, site, "pm2_5_cf1", None, ALL).positions for site in ("north", "south"))
        held = [[(one.position, one.occupants[0].node, one.occupants[0].slot, len(one.points)) for one in site] for site in (north, south)]
        assert held == [[(1, "g", 0, 1), (2, "a", 0, 1), (3, "a", 1, 1), (4, "b", 0, 1)], [(1, "c", 0, 1)]]
    _check_new_ids(engine, max(row[0] for row in SERIES))
    engine.dispose()


def test_a_series_that_no_site_has_ends_the_migration_before_anything_is_changed(tmp_path: Path, db: str | None) -> None:
    engine = _older_store(tmp_path, db)
    with for_writing(engine).begin() as connection:
        connection.exec_driver_sql("DELETE FROM deployment WHERE node_id IN ('a', 'c')")
    with pytest.raises(MigrationError) as refused:
        migrate(engine)
    assert "4 of 6 series" in str(refused.value) and "deployment: a, c" in str(refused.value)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "0004"
        assert connection.exec_driver_sql("SELECT count(*) FROM series WHERE node_id IS NOT NULL").scalar() == len(SERIES)
    with for_writing(engine).begin() as connection:
        for node, site in (("a", "north"), ("c", "south")):
            _deploy(connection, node, site)
    migrate(engine)
    engine.dispose()


def test_a_new_series_has_no_id_of_existing_values(tmp_path: Path, db: str | None) -> None:
    engine = _older_store(tmp_path, db)
    with for_writing(engine).begin() as connection:
        _add_value(connection, 40)
    migrate(engine)
    _check_new_ids(engine, 40)
    engine.dispose()


def test_an_empty_store_numbers_series_from_1(tmp_path: Path, db: str | None) -> None:
    engine = new_engine(db or sqlite_url(tmp_path / "x.sqlite"))
    without_tables(engine)
    migrate(engine)
    with for_writing(engine).begin() as connection:
        connection.exec_driver_sql("INSERT INTO site (id, name, latitude, longitude, created_ms) VALUES ('north', 'S', 0, 0, 1)")
    _check_new_ids(engine, 0)
    engine.dispose()


def _older_store(tmp_path: Path, db: str | None) -> Engine:
    engine = new_engine(db or sqlite_url(tmp_path / "x.sqlite"))
    without_tables(engine)
    migrate_to(engine, "0004")
    with for_writing(engine).begin() as connection:
        _fill(connection)
    return engine


def _check_new_ids(engine: Engine, last: int) -> None:
    with for_writing(engine).begin() as connection:
        connection.exec_driver_sql("INSERT INTO series (site_id, position, quantity) VALUES ('north', 9, 2)")
        assert connection.exec_driver_sql("SELECT max(id) FROM series").scalar() == last + 1


def _fill(connection: Connection) -> None:
    run = connection.exec_driver_sql
    for site in ("north", "south"):
        run(f"INSERT INTO site (id, name, latitude, longitude, created_ms) VALUES ('{site}', 'S', 0, 0, 1)")
    run("INSERT INTO gateway (id, site_id, created_ms, desired_version) VALUES ('g', 'north', 1, 1)")
    for number, (node, site) in enumerate((("g", "north"), ("a", "north"), ("b", "north"), ("c", "south")), start=1):
        run(f"INSERT INTO node (id, key_hex, created_ms, settings_version) VALUES ('{node}', 'ab', 1, 0)")
        _deploy(connection, node, site)
        run(
            "INSERT INTO boot (node_id, boot, heard_ms, received, duplicates, refused, highest, ranges, forgotten) "
            f"VALUES ('{node}', '000000010000000{number}', 1, 1, 0, 0, 0, '[[0,0]]', 0)"
        )
    for series_id, node, slot, quantity in SERIES:
        run(f"INSERT INTO series (node_id, slot, quantity) VALUES ('{node}', {slot}, {quantity})")
        _add_value(connection, series_id)


def _deploy(connection: Connection, node: str, site: str) -> None:
    connection.exec_driver_sql(f"INSERT INTO deployment (node_id, site_id, gateway_id, from_ms) VALUES ('{node}', '{site}', 'g', 5000)")


def _add_value(connection: Connection, series_id: int) -> None:
    scaled = series_id * 100
    connection.exec_driver_sql(
        "INSERT INTO value (series_id, start_ms, boot_id, seq, duration_ms, quality, n, mean, least, greatest, how, error_ms) "
        f"VALUES ({series_id}, {1000 * series_id}, 1, 0, 1000, 0, 1, {scaled}, {scaled}, {scaled}, 0, 20)"
    )
