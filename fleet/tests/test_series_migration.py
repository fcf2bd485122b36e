"""Series by node become series by site (0005) with their data, on both databases."""

from pathlib import Path

from sqlalchemy import Connection, Engine

from fleet.record.series import Span, node_series, site_series
from fleet.store.dialect import for_writing, new_engine
from fleet.store.engine import migrate, sqlite_url
from fleet.tests.migrations import migrate_to, without_tables

ALL = Span(0, 10_000)
# (id of the series, node, slot, quantity), as the store before made them in the order in which they were heard of.
SERIES = [(1, "b", 0, 2), (2, "a", 1, 2), (3, "a", 0, 2), (4, "a", 0, 41), (5, "g", 0, 2), (6, "c", 0, 2)]


def test_existing_values_read_the_same_and_new_ones_go_on(tmp_path: Path, db: str | None) -> None:
    engine = new_engine(db or sqlite_url(tmp_path / "x.sqlite"))
    without_tables(engine)
    migrate_to(engine, "0004")
    with for_writing(engine).begin() as connection:
        _fill(connection)
    migrate(engine)
    with engine.connect() as connection:
        for series_id, node, slot, quantity in SERIES:
            (point,) = node_series(connection, node, {2: "pm2_5_cf1", 41: "humidity"}[quantity], slot, ALL).points
            assert (point.slot, point.start_ms, point.value) == (slot, 1000 * series_id, series_id)
        north, south = (site_series(connection, site, "pm2_5_cf1", None, ALL).positions for site in ("north", "south"))
        held = [[(one.position, one.occupants[0].node, one.occupants[0].slot, len(one.points)) for one in site] for site in (north, south)]
        assert held == [[(1, "g", 0, 1), (2, "a", 0, 1), (3, "a", 1, 1), (4, "b", 0, 1)], [(1, "c", 0, 1)]]
    _check_new_ids(engine)
    engine.dispose()


def _check_new_ids(engine: Engine) -> None:
    with for_writing(engine).begin() as connection:
        connection.exec_driver_sql("INSERT INTO series (site_id, position, quantity) VALUES ('north', 9, 2)")
        assert connection.exec_driver_sql("SELECT max(id) FROM series").scalar() == max(row[0] for row in SERIES) + 1


def _fill(connection: Connection) -> None:
    run = connection.exec_driver_sql
    for site in ("north", "south"):
        run(f"INSERT INTO site (id, name, latitude, longitude, created_ms) VALUES ('{site}', 'S', 0, 0, 1)")
    run("INSERT INTO gateway (id, site_id, created_ms, desired_version) VALUES ('g', 'north', 1, 1)")
    for number, (node, site) in enumerate((("g", "north"), ("a", "north"), ("b", "north"), ("c", "south")), start=1):
        run(f"INSERT INTO node (id, key_hex, created_ms, settings_version) VALUES ('{node}', 'ab', 1, 0)")
        run(f"INSERT INTO deployment (node_id, site_id, gateway_id, from_ms) VALUES ('{node}', '{site}', 'g', 5000)")
        run(
            "INSERT INTO boot (node_id, boot, heard_ms, received, duplicates, refused, highest, ranges, forgotten) "
            f"VALUES ('{node}', '000000010000000{number}', 1, 1, 0, 0, 0, '[[0,0]]', 0)"
        )
    for series_id, node, slot, quantity in SERIES:
        run(f"INSERT INTO series (node_id, slot, quantity) VALUES ('{node}', {slot}, {quantity})")
        scaled = series_id * 100
        run(
            "INSERT INTO value (series_id, start_ms, boot_id, seq, duration_ms, quality, n, mean, least, greatest, how, error_ms) "
            f"VALUES ({series_id}, {1000 * series_id}, 1, 0, 1000, 0, 1, {scaled}, {scaled}, {scaled}, 0, 20)"
        )
