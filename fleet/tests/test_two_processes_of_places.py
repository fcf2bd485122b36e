"""Two processes on one PostgreSQL: the grid, sites in it, boots that both open, alarms of both. See test_two_processes.py."""

import json
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, select, update

from fleet.alarms import alarm_list, handling, steps
from fleet.alarms.alarm_list import AlarmFilter
from fleet.alarms.reported import record_alarm
from fleet.devices import moves, registration, sensor_slots, sensors
from fleet.devices.moves import Whereabouts
from fleet.devices.registration import NewNode
from fleet.devices.sensor_slots import Slot
from fleet.devices.tables import limit_counter
from fleet.errors import AlarmStateError, InUseError, InvalidError
from fleet.people.audit import Act
from fleet.places import areas, sites
from fleet.places.areas import Area, Asked
from fleet.places.grid import Level
from fleet.places.grid_changes import GridChange
from fleet.places.sites import Site
from fleet.record.ingest.items import read_batch
from fleet.record.ingest.record import Delivery, record
from fleet.record.ingest.series import SeriesCatalogue, SeriesView
from fleet.store.engine import open_store
from fleet.store.writer import Writer
from fleet.tests.district import LATER_BOOT, START_MS, hello, report
from fleet.tests.postgresql import Cluster
from fleet.tests.test_alarms import SINCE_MS, phase
from fleet.tests.test_life_of_things import CONSEQUENCES
from fleet.tests.test_two_processes import ACT, EXPIRES_MS, Work, outcome_of_the_second
from fleet.tests.things import HOUR_MS

pytestmark = pytest.mark.hil
GRID: list[tuple[str, Level, str | None]] = [("13", "district", None), ("13-1", "township", "13"), ("13-1-1", "community", "13-1")]


@pytest.fixture
def engine(postgresql: Cluster) -> Iterator[Engine]:
    made = open_store(postgresql.new_database())
    yield made
    made.dispose()


@pytest.fixture
def grid(engine: Engine) -> Engine:
    """With one cell, 13-1-1-1."""
    with engine.begin() as connection:
        change = GridChange(connection, ACT)
        for area in (*GRID, ("13-1-1-1", "cell", "13-1-1")):
            change.add(an_area(*area), None)
    return engine


def an_area(code: str, level: Any, parent: str | None) -> Area:
    return Area(code, level, parent, None, "区", "Area")


def add_area(code: str, level: Level, parent: str | None) -> Work:
    return lambda connection: GridChange(connection, ACT).add(an_area(code, level, parent), None)


def add_site(connection: Connection) -> Site:
    return sites.add_site(connection, ACT, Site("s-1", "s-1", 31.2, 121.5, "13-1-1-1"))


def retire(area: str) -> Work:
    return lambda connection: GridChange(connection, ACT).retire(area)


def test_two_that_add_a_district_add_one(engine: Engine) -> None:
    assert isinstance(outcome_of_the_second(engine, add_area("13", "district", None), add_area("14", "district", None)), InvalidError)
    with engine.connect() as connection:
        assert [area.id for area in areas.areas(connection, Asked())] == ["13"]


def test_nothing_is_put_into_an_area_that_is_being_retired(grid: Engine) -> None:
    assert isinstance(outcome_of_the_second(grid, retire("13-1-1-1"), add_site), InvalidError)


def test_an_area_into_which_something_is_being_put_is_not_retired(grid: Engine) -> None:
    assert isinstance(outcome_of_the_second(grid, add_site, retire("13-1-1-1")), InUseError)
    assert isinstance(outcome_of_the_second(grid, add_area("13-2", "township", "13"), retire("13")), InUseError)


@pytest.fixture
def moved(engine: Engine) -> Engine:
    """The node n-1 was with g-1 for two hours, and is with g-2 since then."""
    with engine.begin() as connection:
        sites.add_site(connection, ACT, Site("s-1", "s-1", 31.2, 121.5))
        for gateway in ("g-1", "g-2"):
            registration.add_gateway(connection, ACT, CONSEQUENCES, gateway, "s-1", EXPIRES_MS)
        registration.add_node(connection, ACT, CONSEQUENCES, NewNode("n-1", "g-1", "s-1", "ab" * 32, None))
        later = Act("ada", START_MS + 2 * HOUR_MS, "out of reach")
        moves.move_node(connection, later, CONSEQUENCES, "n-1", Whereabouts(gateway="g-2"))
    return engine


def deliver(gateway: str, *items: dict[str, Any], anchors: Any = ()) -> Work:
    batch = read_batch(json.dumps({"items": items, "anchors": list(anchors)}).encode())
    delivery = Delivery(gateway, batch, START_MS + 4 * HOUR_MS)
    return lambda connection: record(connection, delivery, SeriesView(connection, SeriesCatalogue()), record_alarm)


def test_an_item_that_both_take_while_they_open_its_boot_is_there_once(moved: Engine) -> None:
    item = report(1, boot=LATER_BOOT, start_ms=START_MS + 3 * HOUR_MS)
    (result,) = outcome_of_the_second(moved, deliver("g-2", item), deliver("g-2", item))
    assert result["status"] == "duplicate"


def test_a_boot_that_the_new_gateway_has_just_opened_is_not_the_old_ones(moved: Engine) -> None:
    anchor = {"node": "n-1", "boot": LATER_BOOT, "offset_ms": START_MS + 3 * HOUR_MS, "error_ms": 20}
    newest = report(1, boot=LATER_BOOT, start_ms=START_MS + 3 * HOUR_MS)
    # By its bounds alone it could be of the old gateway's time.
    undated = report(2, boot=LATER_BOOT, how="bounds", start_ms=START_MS + HOUR_MS, error_ms=HOUR_MS)
    (result,) = outcome_of_the_second(moved, deliver("g-2", newest, anchors=[anchor]), deliver("g-1", undated))
    assert (result["status"], result["reason"]) == ("refused", "not_of_this_gateway")


def test_a_sensor_that_both_find_is_registered_once_and_shown_in_both_places(moved: Engine) -> None:
    with moved.begin() as connection:
        registration.add_node(connection, ACT, CONSEQUENCES, NewNode("n-2", "g-1", "s-1", "cd" * 32, None))
    first, second = (deliver(gateway, greet(3, ["sps30", "A1"], node)) for gateway, node in (("g-2", "n-1"), ("g-1", "n-2")))
    (result,) = outcome_of_the_second(moved, first, second)
    assert result["status"] == "accepted"
    with moved.connect() as connection:
        (found,) = sensors.sensors(connection, sensors.Wanted(), 9)
    assert found.conflict and [place.node for place in found.places] == ["n-1", "n-2"]


def test_a_slot_that_both_fill_has_the_sensor_of_the_second(moved: Engine) -> None:
    later = Act("ada", START_MS + 5 * HOUR_MS, "clogged")
    with moved.begin() as connection:
        for name in ("a-1", "a-2"):
            sensors.add_sensor(connection, later, sensors.NewSensor(name, "pms5003"))
    first, second = (partial(fill, later, sensor) for sensor in ("a-1", "a-2"))
    outcome_of_the_second(moved, first, second)
    with moved.connect() as connection:
        (swap,) = sensor_slots.swaps(connection, 9)
    assert (swap.sensor, swap.replaces) == ("a-2", "a-1")


def test_of_two_that_wait_for_each_other_both_are_done(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(limit_counter), [{"name": "a", "count": 0}, {"name": "b", "count": 0}])
    met, tries = threading.Barrier(2), list[str]()

    def add(first: str, second: str, connection: Connection) -> None:
        tries.append(first)
        for name in (first, second):
            table = limit_counter
            connection.execute(update(table).where(table.c.name == name).values(count=table.c.count + 1))
            if name == first and tries.count(first) == 1:
                met.wait(30)

    writers = [Writer(engine), Writer(engine)]
    futures = [writer.submit(partial(add, *names)) for writer, names in zip(writers, (("a", "b"), ("b", "a")))]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.stop()
    assert [future.exception() for future in futures] == [None, None] and len(tries) > 2
    with engine.connect() as connection:
        assert connection.execute(select(limit_counter.c.count)).scalars().all() == [2, 2]


def greet(hours: int, part: list[str], node: str) -> dict[str, Any]:
    one = hello(boot=LATER_BOOT, node=node, start_ms=START_MS + hours * HOUR_MS)
    return {**one, "body": {**one["body"], "sn": [[0, *part]]}}


def fill(act: Act, sensor: str, connection: Connection) -> None:
    sensor_slots.put(connection, act, Slot("n-1", 0), sensor, None)


@pytest.mark.parametrize("second_ms", [SINCE_MS - 5000, SINCE_MS + 5000], ids=["the older", "the newer"])
def test_two_raises_in_two_deliveries_at_once_leave_one_alarm_open(moved: Engine, second_ms: int) -> None:
    first = deliver("g-2", phase(1, "raise", node="n-1") | {"node": "g-2"})
    second = deliver("g-2", phase(2, "raise", second_ms, node="n-1") | {"node": "g-2", "boot": LATER_BOOT})
    assert outcome_of_the_second(moved, first, second) == [{"status": "accepted"}]
    with moved.connect() as connection:
        newest, older = alarm_list.alarms(connection, AlarmFilter(), 9)
        assert (newest.state, older.state, older.ended_by, older.until_ms) == ("open", "past", "superseded", newest.since_ms)
        assert [step.kind for step in steps.steps_of(connection, older.id)] == ["raised", "ended"]


def test_of_two_who_acknowledge_an_alarm_at_once_one_has_done_it(moved: Engine) -> None:
    with moved.begin() as connection:
        deliver("g-2", phase(1, "raise", node="n-1") | {"node": "g-2"})(connection)
        (alarm,) = alarm_list.alarms(connection, AlarmFilter(), 9)

    def acknowledge(connection: Connection) -> None:
        handling.handle(connection, ACT, alarm.id, "acknowledged")

    assert isinstance(outcome_of_the_second(moved, acknowledge, acknowledge), AlarmStateError)
