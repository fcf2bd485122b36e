"""Every act of an administrator leaves a row in the record of changes: who, what, on which subject and, where given, why.

The acts are the routes of the API that change something, from its own description: a new route without a row here fails.
"""

from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy import Connection, select, text

from fleet.api.district.archive import pack
from fleet.background import jobs
from fleet.people import admin_tokens
from fleet.people.audit import Act, What
from fleet.people.tables import change
from fleet.store.dialect import for_writing, new_engine
from fleet.store.engine import migrate, sqlite_url
from fleet.tests.district import BOOT, LATER_BOOT, START_MS, District, hello, in_ms
from fleet.tests.migrations import migrate_to, without_tables
from fleet.tests.photos import jpeg, send_photo
from fleet.tests.test_alarms import RAISE, phase
from fleet.tests.test_artifacts import CONTENT, DIGEST
from fleet.tests.things import newest_change

# Of what has no name.
_STRANGERS = {"photo": "99", "job": "99", "alarm": "99"}
_CHANGES = ("post", "put", "patch", "delete")
_REASON = "dust at the bridge"
# route: (values of its path, body, what stands in the record, subject, the reason that it takes)
_ACTS: dict[tuple[str, str], tuple[dict[str, str], Any, str, str, str]] = {
    ("post", "/api/v1/areas"): (
        {},
        {"id": "13", "level": "township", "parent": "12", "name_zh": "镇", "name_en": "Town", "reason": _REASON},
        "area_added", "13", _REASON,
    ),
    ("patch", "/api/v1/areas/{area}"): ({"area": "12"}, {"name_en": "Town", "reason": _REASON}, "area_changed", "12", _REASON),
    ("post", "/api/v1/areas/{area}/retirement"): ({"area": "12"}, {"reason": _REASON}, "area_retired", "12", _REASON),
    ("post", "/api/v1/district.zip"): ({}, pack({"sites.csv": "id,latitude\ns-1,31.3\n"}), "site_changed", "s-1", _REASON),
    ("post", "/api/v1/sites"): (
        {}, {"id": "s-2", "name": "School", "latitude": 31.2, "longitude": 121.5, "reason": _REASON}, "site_added", "s-2", _REASON,
    ),
    ("patch", "/api/v1/sites/{site}"): ({"site": "s-1"}, {"latitude": 31.3, "reason": _REASON}, "site_changed", "s-1", _REASON),
    ("post", "/api/v1/sites/{site}/retirement"): ({"site": "s-8"}, {"reason": _REASON}, "site_retired", "s-8", _REASON),
    ("post", "/api/v1/gateways"): ({}, {"id": "g-2", "site": "s-1", "reason": _REASON}, "gateway_added", "g-2", _REASON),
    ("post", "/api/v1/gateways/{gateway}/enrolment"): ({"gateway": "g-1"}, {"reason": _REASON}, "enrolment_code_created", "g-1", _REASON),
    ("patch", "/api/v1/gateways/{gateway}"): ({"gateway": "g-1"}, {"notes": "roof", "reason": _REASON}, "gateway_changed", "g-1", _REASON),
    ("post", "/api/v1/gateways/{gateway}/retirement"): ({"gateway": "g-1"}, {"reason": _REASON}, "gateway_retired", "g-1", _REASON),
    ("delete", "/api/v1/gateways/{gateway}/token"): ({"gateway": "g-1"}, None, "gateway_token_revoked", "g-1", _REASON),
    ("put", "/api/v1/gateways/{gateway}/configuration"): (
        {"gateway": "g-1"}, {"rules": [], "reason": _REASON}, "gateway_configured", "g-1", _REASON,
    ),
    ("patch", "/api/v1/gateways/{gateway}/configuration"): (
        {"gateway": "g-1"}, {"settings": {"trial_s": 60}, "reason": _REASON}, "gateway_configured", "g-1", _REASON,
    ),
    ("post", "/api/v1/gateways/{gateway}/configuration/{section}/undo"): (
        {"gateway": "g-1", "section": "rules"}, {"reason": _REASON}, "gateway_configured", "g-1", _REASON,
    ),
    ("post", "/api/v1/nodes"): ({}, {"id": "n-2", "gateway": "g-1", "site": "s-1", "reason": _REASON}, "node_added", "n-2", _REASON),
    ("patch", "/api/v1/nodes/{node}"): ({"node": "n-1"}, {"site": "s-8", "reason": _REASON}, "node_moved", "n-1", _REASON),
    ("post", "/api/v1/nodes/{node}/hardware"): (
        {"node": "n-1"}, {"sensors": "kept", "reason": _REASON}, "node_hardware_replaced", "n-1", _REASON,
    ),
    ("post", "/api/v1/nodes/{node}/retirement"): ({"node": "n-1"}, {"reason": _REASON}, "node_retired", "n-1", _REASON),
    ("patch", "/api/v1/nodes/{node}/settings"): (
        {"node": "n-1"}, {"settings": {"period_ms": 2000}, "reason": _REASON}, "settings_changed", "n-1", _REASON,
    ),
    ("post", "/api/v1/nodes/{node}/settings/undo"): ({"node": "n-1"}, {"reason": _REASON}, "settings_changed", "n-1", _REASON),
    ("put", "/api/v1/nodes/{node}/settings"): (
        {"node": "n-1"}, {"settings": {"period_ms": 2000}, "reason": _REASON}, "settings_changed", "n-1", _REASON,
    ),
    ("post", "/api/v1/sensors"): ({}, {"id": "pms-2", "model": "pms5003", "reason": _REASON}, "sensor_added", "pms-2", _REASON),
    ("patch", "/api/v1/sensors/{sensor}"): ({"sensor": "pms-1"}, {"batch": "7", "reason": _REASON}, "sensor_changed", "pms-1", _REASON),
    ("post", "/api/v1/sensors/{sensor}/retirement"): ({"sensor": "pms-1"}, {"reason": _REASON}, "sensor_retired", "pms-1", _REASON),
    ("put", "/api/v1/nodes/{node}/slots/{slot}/sensor"): (
        {"node": "n-1", "slot": "0"}, {"sensor": "pms-1", "reason": _REASON}, "sensor_placed", "n-1", _REASON,
    ),
    ("post", "/api/v1/alarms/{alarm}/acknowledgement"): ({"alarm": "1"}, {"note": _REASON}, "alarm_acknowledged", "1", _REASON),
    ("post", "/api/v1/alarms/{alarm}/assignment"): ({"alarm": "1"}, {"to": "bo", "note": _REASON}, "alarm_assigned", "1", _REASON),
    ("post", "/api/v1/alarms/{alarm}/comments"): ({"alarm": "1"}, {"note": _REASON}, "alarm_commented", "1", _REASON),
    ("post", "/api/v1/alarms/{alarm}/resolution"): ({"alarm": "1"}, {"note": _REASON}, "alarm_resolved", "1", _REASON),
    ("post", "/api/v1/alarms/{alarm}/reopening"): ({"alarm": "2"}, {"note": _REASON}, "alarm_reopened", "2", _REASON),
    ("post", "/api/v1/changes/verification"): ({}, {"reason": _REASON}, "job_asked", "2", _REASON),
    ("post", "/api/v1/jobs/{job}/cancellation"): ({"job": "1"}, {"reason": _REASON}, "job_cancelled", "1", _REASON),
    ("post", "/api/v1/photos"): ({}, jpeg(), "photo_added", "s-1", _REASON),
    ("delete", "/api/v1/photos/{photo}"): ({"photo": "1"}, None, "photo_deleted", "s-8", _REASON),
    ("post", "/api/v1/tokens"): ({}, {"name": "bea", "role": "viewer", "reason": _REASON}, "token_created", "bea", _REASON),
    ("delete", "/api/v1/tokens/{token}"): ({"token": "cid"}, None, "token_revoked", "cid", _REASON),
    ("post", "/api/v1/artifacts"): ({}, CONTENT, "artifact_added", DIGEST, _REASON),
}  # fmt: skip


# Of every kind of change: what its before and its after name; None where there was or is nothing.
_PLACE = {"site", "gateway"}
_HANDLED = {"state", "assignee"}
_AREA = {"parent", "kind", "name_zh", "name_en", "geometry_sha256"}
_PHOTO = {"photo", "sha256", "note"}
_SENSOR = {"model", "serial", "batch", "first_use_ms", "expected_life_days", "note"}
_VALUES: dict[str, tuple[set[str] | None, set[str] | None]] = {
    "alarm_acknowledged": (_HANDLED, {*_HANDLED, "text"}),
    "alarm_assigned": (_HANDLED, {*_HANDLED, "text"}),
    "alarm_commented": (_HANDLED, {*_HANDLED, "text"}),
    "alarm_reopened": (_HANDLED, {*_HANDLED, "text"}),
    "alarm_resolved": (_HANDLED, {*_HANDLED, "text"}),
    "area_added": (None, {"level", *_AREA}),
    "area_changed": ({"name_en"}, {"name_en"}),
    "area_retired": ({"retired_ms"}, {"retired_ms"}),
    "artifact_added": (None, {"name", "size"}),
    "document_overtaken": ({"version"}, {"version"}),
    "documents_released": ({"held_since_ms"}, {"held_since_ms"}),
    "enrolment_code_created": (None, {"expires_ms"}),
    "gateway_added": (None, {"site"}),
    "gateway_changed": ({"notes"}, {"notes"}),
    "gateway_configured": ({"rules"}, {"rules"}),
    "gateway_enrolled": ({"token", "enrolled_ms"}, {"token", "enrolled_ms"}),
    "gateway_retired": ({"retired_ms", "site"}, {"retired_ms", "nodes_left"}),
    "gateway_token_renewed": ({"token"}, {"token"}),
    "gateway_token_revoked": ({"token"}, {"token"}),
    "job_asked": (None, {"kind", "parameters"}),
    "job_cancelled": ({"state", "cancel_asked"}, {"state", "cancel_asked"}),
    "node_added": (None, {*_PLACE, "key", "replaces"}),
    "node_hardware_replaced": ({"hardware", "key"}, {"hardware", "key", "sensors"}),
    "node_moved": ({"site"}, {"site"}),
    "node_replaced": ({*_PLACE, "deployed"}, {*_PLACE, "deployed", "successor"}),
    "node_retired": ({*_PLACE, "retired_ms", "key"}, {"retired_ms"}),
    "photo_added": (None, {*_PHOTO, "width", "height", "size"}),
    "photo_deleted": (_PHOTO, None),
    "record_restored": (None, {"restored_ms"}),
    "sensor_added": (None, _SENSOR),
    "sensor_changed": ({"batch"}, {"batch"}),
    "sensor_found": (None, {"model", "serial", "mark"}),
    "sensor_history_changed": (None, {"slot", "sensor", "from_ms", "to_ms"}),
    "sensor_identified": ({"serial", "mark"}, {"serial", "mark"}),
    "sensor_placed": (None, {"slot", "sensor", "from_ms"}),
    "sensor_removed": ({"slot", "sensor"}, {"slot", "sensor", "to_ms"}),
    "sensor_retired": ({"retired_ms"}, {"retired_ms"}),
    "sensor_swapped": ({"slot", "sensor"}, {"slot", "sensor", "from_ms"}),
    "settings_changed": ({"version"}, {"version"}),
    "site_added": (None, {"name", "latitude", "longitude", "area", "kind", "inlet_height_m", "surroundings"}),
    "site_changed": ({"latitude"}, {"latitude"}),
    "site_retired": ({"retired_ms"}, {"retired_ms"}),
    "token_created": (None, {"token", "expires_ms", "role", "area"}),
    "token_revoked": ({"revoked_ms"}, {"revoked_ms"}),
}


def test_every_kind_of_change_is_looked_at_here() -> None:
    assert set(_VALUES) == set(get_args(What))


async def _named(district: District, what: str) -> tuple[set[str] | None, set[str] | None]:
    # `settings` is as good a section as `rules`.
    found = in_ms(await newest_change(district, what))
    sides = [
        None if side is None else {"rules" if key == "settings" else key for key in side} for side in (found["before"], found["after"])
    ]
    assert found["before"] != found["after"]
    return sides[0], sides[1]


def _record(district: District) -> list[tuple[int, str, str, str, str]]:
    columns = change.c
    query = select(columns.at_ms, columns.who, columns.what, columns.subject, columns.reason).order_by(columns.id)
    return district.service.read(lambda connection: [tuple(row) for row in connection.execute(query)])


async def test_every_route_that_changes_something_is_tried_here(district: District) -> None:
    paths = (await district.client.get("/openapi.json")).json()["paths"]
    changing = {(method, path) for path, methods in paths.items() for method in methods if method in _CHANGES}
    assert {(method, path) for method, path in changing if not path.startswith("/device/")} == set(_ACTS)


@pytest.mark.parametrize("route", _ACTS, ids=" ".join)
async def test_an_act_is_recorded_once_with_who_what_and_why(district: District, route: tuple[str, str]) -> None:
    method, path = route
    values, body, what, subject, reason = _ACTS[route]
    await _prepare(district)
    before = _record(district)
    district.time.now_ms = START_MS + 5000
    response = await _ask(district, method, path.format(**values), body)
    assert response.is_success, response.text
    assert (START_MS + 5000, "ada", what, subject, reason) in _record(district)[len(before) :]
    assert [row[2:4] for row in _record(district)[len(before) :]].count((what, subject)) == 1
    assert await _named(district, what) == _VALUES[what]


async def test_a_token_that_is_called_as_a_gateway_is_told_apart_from_it(district: District) -> None:
    def make(connection: Connection) -> str:
        return admin_tokens.create_admin_token(connection, Act("console", START_MS, "a new colleague", "console"), "g-1")

    district.admin_token = await district.service.write(make)
    code = (await district.admin("POST", "gateways/g-1/enrolment")).json()["enrolment_code"]
    token = (await district.enrol(code)).json()["token"]
    renewed = (await district.device("POST", "token", {}, token)).json()["token"]
    await district.device("GET", "desired", None, renewed, have=50)
    await district.service.write(
        lambda connection: admin_tokens.revoke_admin_token(connection, Act("console", START_MS, "left", "console"), "ada")
    )
    kinds = {"token": ["enrolment_code_created"], "gateway": ["document_overtaken", "gateway_token_renewed", "gateway_enrolled"]}
    for actor, acts in kinds.items():
        found = (await district.read("changes", who="g-1", actor=actor, limit=len(acts)))["items"]
        assert [one["what"] for one in found] == acts
    found = (await district.read("changes", actor="console"))["items"]
    assert [(one["what"], one["subject"], one["reason"]) for one in found][:2] == [
        ("token_revoked", "ada", "left"), ("token_created", "g-1", "a new colleague"),
    ]  # fmt: skip
    for what in [*kinds["gateway"], "token_created", "token_revoked"]:
        assert await _named(district, what) == _VALUES[what]
    assert (await district.admin("GET", "changes", actor="nobody")).status_code == 422


async def test_what_hellos_show_of_sensors_is_recorded_as_of_their_gateway(district: District) -> None:
    def greet(seq: int, serial: str, boot: str) -> Any:
        one = hello(seq, s=seq, boot=boot)
        return {**one, "body": {**one["body"], "sn": [[0, "sps30", serial]]}}

    district.time.now_ms = START_MS + 5000
    await district.admin("POST", "sensors", {"id": "sps-1", "model": "sps30"})
    await district.admin("PUT", "nodes/n-1/slots/0/sensor", {"sensor": "sps-1", "from_ms": START_MS, "reason": _REASON})
    third = "00000003cccccccc"
    await district.ingest(greet(1000, "A", BOOT), greet(3000, "C", third))
    await district.ingest(greet(2000, "B", LATER_BOOT))
    await district.admin("PUT", "nodes/n-1/slots/0/sensor", {"sensor": None, "reason": _REASON})
    for what in ("found", "history_changed", "identified", "placed", "removed", "swapped"):
        assert await _named(district, f"sensor_{what}") == _VALUES[f"sensor_{what}"]
    assert [one["who"] for one in (await district.read("changes", what="sensor_swapped"))["items"]] == ["g-1"]


async def test_a_node_that_is_replaced_names_its_successor(district: District) -> None:
    await district.add_node("n-2", replaces="n-1", reason=_REASON)
    assert await _named(district, "node_replaced") == _VALUES["node_replaced"]
    replaced = await newest_change(district, "node_replaced")
    assert (replaced["subject"], replaced["after"]["successor"], replaced["reason"]) == ("n-1", "n-2", _REASON)
    added = await newest_change(district, "node_added")
    assert (added["subject"], added["after"]["replaces"], added["reason"]) == ("n-2", "n-1", _REASON)


def test_a_record_from_before_says_of_what_kind_its_actors_were(tmp_path: Path, db: str | None) -> None:
    engine = new_engine(db or sqlite_url(tmp_path / "x.sqlite"))
    without_tables(engine)
    migrate_to(engine, "0010")
    rows = [("ada", "site_added"), ("g-1", "gateway_enrolled"), ("console", "token_created"), ("g-1", "site_added")]
    insert = "INSERT INTO change (at_ms, who, what, subject, reason) VALUES (1, :who, :what, 'x', '')"
    with for_writing(engine).begin() as connection:
        for who, what in rows:
            connection.execute(text(insert), {"who": who, "what": what})
    migrate(engine)
    with engine.connect() as connection:
        assert list(connection.execute(select(change.c.actor).order_by(change.c.id)).scalars()) == ["token", "gateway", "console", "token"]
    engine.dispose()


@pytest.mark.parametrize("route", _ACTS, ids=" ".join)
async def test_an_act_that_was_refused_is_not_recorded(district: District, route: tuple[str, str]) -> None:
    method, path = route
    values, body, *_ = _ACTS[route]
    before = _record(district)
    strangers = {name: value if name in ("section", "slot") else _STRANGERS.get(name, "nowhere-1") for name, value in values.items()}
    refused = [await _ask(district, method, path.format(**values), body, token="wrong")]
    if values:
        refused.append(await _ask(district, method, path.format(**strangers), body))
    assert [response.status_code for response in refused] == [401, 404][: len(refused)]
    assert _record(district) == before


async def _prepare(district: District) -> None:
    """s-8: nothing stands there; 12: nothing lies in it; pms-1: it is nowhere; job 1: of a kind that is never done;
    alarm 1 is open, alarm 2 is past."""
    await district.admin("POST", "sensors", {"id": "pms-1", "model": "pms5003"})
    await district.ingest(RAISE, phase(2, "raise", rule="other"), phase(3, "clear", rule="other"))
    await district.service.write(lambda connection: jobs.ask(connection, "never", "ada", {}, START_MS))
    await district.admin("POST", "tokens", {"name": "cid", "role": "viewer"})
    await district.admin("POST", "areas", {"id": "12", "level": "district", "name_zh": "区", "name_en": "District"})
    await district.admin("POST", "sites", {"id": "s-8", "name": "Depot", "latitude": 31.2, "longitude": 121.5})
    await send_photo(district, jpeg(), "s-8")


async def _ask(district: District, method: str, path: str, body: Any, token: str | None = None) -> Any:
    headers = {"Authorization": f"Bearer {token or district.admin_token}"}
    sent: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {} if body is None else {"json": body}
    query = (
        {"name": "node.bin", "reason": _REASON}
        if path.endswith("/artifacts")
        else {"site": "s-1", "reason": _REASON}
        if path.endswith("/photos")
        else {"reason": _REASON}
        if method == "delete" or path.endswith(".zip")
        else None
    )
    return await district.client.request(method.upper(), path, headers=headers, params=query, **sent)
