"""Events and alarms that were in the store before their lists (0008) are in them afterwards, on both databases."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from fleet.alarms.alarm_list import Alarm, AlarmFilter, alarms
from fleet.alarms.reported import record_alarm
from fleet.alarms.steps import steps_of
from fleet.record.event_list import Event, EventFilter, events
from fleet.record.ingest.events import Alarm as Reported
from fleet.record.ingest.events import Origin
from fleet.store.dialect import for_writing, new_engine
from fleet.store.engine import migrate, sqlite_url
from fleet.store.migrations import past_events
from fleet.tests.migrations import migrate_to, without_tables

BOOTS = {1: "g", 2: "a", 3: "g"}  # id of the boot -> whose
MANY = past_events.PAGE_EVENTS * 2 + 1


def alarm(phase: str, since_ms: int, rule: str = "high", **more: Any) -> dict[str, Any]:
    judged = {"at_ms": since_ms + 5, "value": 15420, "limit": 15000, "scale": 100, "unit": "ug/m3", "window_ms": 600_000}
    of_phase = {"raise": {"severity": "alarm", **judged}, "clear": {"severity": "alarm", **judged, "why": "condition", "value": 9000}}
    subject = {"rule": rule, "version": 4, "node": "a", "slot": 0, "quantity": "pm2_5_atm"}
    return {**subject, "phase": phase, "since_ms": since_ms, **of_phase.get(phase, {}), **more}


# (boot, seq, start_ms, kind of the event, particulars); in the order of boots clears come before their raises here and there.
EVENTS: list[tuple[int, int, int, str, dict[str, Any]]] = [
    (1, 1, 2000, "alarm", alarm("clear", 1000, "ended", at_ms=1900)),
    (1, 2, 9000, "alarm", alarm("no_data", 9000, last_ms=8000)),
    (1, 3, 9100, "alarm", alarm("raise", 9000)),
    (1, 4, 9200, "alarm", alarm("data", 9000, at_ms=7000)),
    (1, 5, 9300, "alarm", alarm("raise", 3000, "forgotten")),
    (1, 6, 9400, "alarm", alarm("raise", 9500, "of-the-dead", node="dead")),
    (1, 9, 9500, "alarm", alarm("raise", 200, "changed")),
    (1, 10, 9500, "alarm", alarm("clear", 200, "changed", limit=16000, at_ms=300)),
    (1, 11, 9500, "alarm", alarm("raise", 400, "back")),
    (1, 12, 9500, "alarm", alarm("no_data", 400, "back", last_ms=500)),
    (1, 13, 9500, "alarm", alarm("data", 400, "back", at_ms=600)),
    (1, 7, 9500, "alarm", {"rule": "without a form"}),
    (1, 8, 9600, "clock", {"node": ""}),
    (2, 1, 4000, "alarm", alarm("raise", 1, "of-a-node")),
    (2, 4, 5500, "crashed", {"node": "g"}),
    (1, 14, 9500, "alarm", alarm("raise", 1, "of-a-stranger", node="far")),
    (1, 15, 9500, "alarm", alarm("raise", 1, "nul\x00")),
    (1, 16, 9500, "noise", {"node": "far"}),
    (2, 2, 4000, "dropped", {"from": 1, "to": 2, "why": "ram_full"}),
    (2, 3, 6000, "dropped", {"from": 3, "to": 4, "why": "ram_full"}),
    (3, 1, 1100, "alarm", alarm("raise", 1000, "ended")),
    (3, 2, 9700, "alarm", alarm("raise", 4000, "forgotten")),
]


@pytest.fixture
def upgraded(tmp_path: Path, db: str | None, caplog: pytest.LogCaptureFixture) -> Any:
    engine = new_engine(db or sqlite_url(tmp_path / "x.sqlite"))
    without_tables(engine)
    migrate_to(engine, "0007")
    with for_writing(engine).begin() as connection:
        fill(connection)
    with caplog.at_level(logging.INFO):
        migrate(engine)
    yield engine
    engine.dispose()


def test_every_event_of_before_is_in_the_list_with_its_place(upgraded: Engine) -> None:
    listed = listed_events(upgraded)
    assert sorted((one.reported_by, one.boot[-1], one.seq, one.start_ms, one.kind) for one in listed if one.kind != "silent") == sorted(
        (BOOTS[boot], str(boot), seq, start_ms, kind) for boot, seq, start_ms, kind, _ in EVENTS
    )
    found = {(one.boot[-1], one.seq): (one.node, one.site, one.gateway) for one in listed}
    assert found["1", 8] == (None, "north", "g")
    assert (found["2", 2], found["2", 3]) == (("a", "south", "h"), ("a", "north", "g"))  # it was moved at 5000
    assert (found["2", 4][0], found["1", 16][0]) == ("a", "g"), "a node speaks for itself, a gateway for its nodes"
    assert found["1", 6] == ("dead", "north", "g")
    assert sum(one.kind == "silent" for one in listed) == MANY


def test_alarms_of_before_are_in_the_list_each_once(upgraded: Engine) -> None:
    found = {(one.rule, one.since_ms): one for one in listed_alarms(upgraded)}
    ends = {key: (one.state, one.until_ms, one.ended_by) for key, one in found.items()}
    assert ends == {
        ("high", 9000): ("open", None, None),
        ("ended", 1000): ("past", 1900, "condition"),
        ("forgotten", 3000): ("past", 4000, "superseded"),
        ("forgotten", 4000): ("open", None, None),
        ("changed", 200): ("past", 300, "condition"),
        ("back", 400): ("open", None, None),
        ("of-the-dead", 9500): ("past", 9900, "retired"),
    }
    is_open = found["high", 9000]
    assert (is_open.value, is_open.threshold, is_open.unit, is_open.severity, is_open.raised_ms) == (154.2, 150, "ug/m3", "alarm", 9005)
    assert (is_open.data_missing_since_ms, is_open.site, is_open.gateway, is_open.node) == (8000, "north", "g", "a")
    assert found["back", 400].data_missing_since_ms is None and found["changed", 200].threshold == 150
    ended = found["ended", 1000]
    assert (ended.value, ended.last_value, ended.raised_ms) == (154.2, 90, 1005)


def test_an_alarm_that_is_open_at_the_upgrade_ends_with_what_its_gateway_reports_later(upgraded: Engine) -> None:
    clear = Reported(**alarm("clear", 9000, at_ms=12_000))
    with for_writing(upgraded).begin() as connection:
        record_alarm(connection, Origin("g", "north", 10_000), clear)
    (ended,) = [one for one in listed_alarms(upgraded) if one.rule == "high"]
    assert (ended.state, ended.until_ms, ended.ended_by) == ("past", 12_000, "condition")


def test_how_far_the_upgrade_is_is_logged(upgraded: Engine, caplog: pytest.LogCaptureFixture) -> None:
    said = [record.getMessage() for record in caplog.get_records("setup") if record.name == past_events.__name__]
    assert said[-1] == f"events of 3 of 3 boots are in the list: {len(EVENTS) + MANY} so far"


def listed_events(engine: Engine) -> list[Event]:
    with engine.connect() as connection:
        return events(connection, EventFilter(), 10_000).events


def listed_alarms(engine: Engine) -> list[Alarm]:
    with engine.connect() as connection:
        return alarms(connection, AlarmFilter(), 100)


def fill(connection: Connection) -> None:
    run = connection.exec_driver_sql
    for site in ("north", "south"):
        run(f"INSERT INTO site (id, name, latitude, longitude, created_ms) VALUES ('{site}', 'S', 0, 0, 1)")
    for gateway, site in (("g", "north"), ("h", "south")):
        run(f"INSERT INTO gateway (id, site_id, created_ms, desired_version) VALUES ('{gateway}', '{site}', 1, 1)")
    for node, retired_ms in (("g", "NULL"), ("a", "NULL"), ("far", "NULL"), ("dead", "9900")):
        run(f"INSERT INTO node (id, key_hex, created_ms, settings_version, retired_ms) VALUES ('{node}', 'ab', 1, 0, {retired_ms})")
    deployments = [("g", "north", "g", 1, "NULL"), ("a", "south", "h", 1, "5000"), ("a", "north", "g", 5000, "NULL")]
    deployments.append(("far", "south", "h", 1, "NULL"))
    for node, site, gateway, from_ms, to_ms in [*deployments, ("dead", "north", "g", 1, "9900")]:
        row = f"'{node}', '{site}', '{gateway}', {from_ms}, {to_ms}"
        run(f"INSERT INTO deployment (node_id, site_id, gateway_id, from_ms, to_ms) VALUES ({row})")
    for boot, node in BOOTS.items():
        run(
            "INSERT INTO boot (node_id, boot, heard_ms, received, duplicates, refused, highest, ranges, forgotten) "
            f"VALUES ('{node}', '000000010000000{boot}', 1, 1, 0, 0, 0, '[[0,0]]', 0)"
        )
    many: list[tuple[int, int, int, str, dict[str, Any]]] = [(2, 100 + number, 5500, "silent", {}) for number in range(MANY)]
    for boot, seq, start_ms, kind, particulars in EVENTS + many:
        add_item(connection, boot, seq, start_ms, "event", {"q": seq, "s": 1, "k": kind, "a": particulars})
    add_item(connection, 2, 50, 5500, "applied", {"q": 50, "s": 1, "c": 1, "ok": True, "f": []})


def add_item(connection: Connection, boot: int, seq: int, start_ms: int, kind: str, body: dict[str, Any]) -> None:
    row = {"boot_id": boot, "seq": seq, "kind": kind, "start_ms": start_ms, "body": json.dumps(body).encode()}
    connection.execute(
        text(
            "INSERT INTO item (boot_id, seq, kind, uptime_ms, arrived_ms, received_ms, how, start_ms, error_ms, body) "
            "VALUES (:boot_id, :seq, :kind, 1, 1, 1, 0, :start_ms, 20, :body)"
        ),
        row,
    )


def test_alarms_of_before_have_their_first_steps(upgraded: Engine) -> None:
    with upgraded.connect() as connection:
        found = {(one.rule, one.since_ms): one for one in alarms(connection, AlarmFilter(), 100)}
        kinds = {key: [step.kind for step in steps_of(connection, one.id)] for key, one in found.items()}
    assert found and all(one.handling == ("raised" if one.state == "open" else "resolved") for one in found.values())
    assert all(kinds[key] == (["raised"] if one.state == "open" else ["raised", "ended"]) for key, one in found.items())
    assert {one.state for one in found.values()} == {"open", "past"}
