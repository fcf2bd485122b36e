"""Changing the settings of a node, and knowing whether the node obeyed."""

import json
from typing import Any

import jsonschema_rs  # brought by schemathesis
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select

from contract.site.canonical import canonical_bytes
from fleet.configuration.tables import settings_revision
from fleet.tests.district import BOOT, LATER_BOOT, START_MS, District, applied, event, hello, in_ms, report

SENSOR = {"slot": 0, "part": "pms5003", "port": 1}


async def change(district: District, settings: dict[str, Any], node: str = "n-1") -> int:
    response = await district.admin("PUT", f"nodes/{node}/settings", {"settings": settings, "reason": "noisy bridge"})
    assert response.status_code == 200, response.text
    return int(response.json()["version"])


async def state(district: District) -> str:
    return str((await district.read("nodes/n-1/settings"))["state"])


async def test_a_change_makes_a_revision_with_author_reason_and_time(district: District) -> None:
    assert [await change(district, {"period_ms": 2000}), await change(district, {"period_ms": 3000})] == [1, 2]
    read = await district.read("nodes/n-1/settings")
    assert read["desired"] == {"version": 2, "settings": {"period_ms": 3000}}
    rows = district.service.read(lambda connection: connection.execute(select(settings_revision)).all())
    reported = [(row.version, json.loads(row.settings), row.author, row.reason, row.created_ms) for row in rows]
    assert reported == [
        (1, {"period_ms": 2000}, "ada", "noisy bridge", START_MS),
        (2, {"period_ms": 3000}, "ada", "noisy bridge", START_MS),
    ]


async def test_every_fault_is_named_and_nothing_is_changed(district: District) -> None:
    wrong = {"period_ms": 1, "tomorrow": 2, "sensors[9].slot": 3, "sensors": [{**SENSOR, "slot": 99, "colour": "red"}]}
    response = await district.admin("PUT", "nodes/n-1/settings", {"settings": wrong, "reason": "x"})
    assert response.status_code == 422
    faults = {fault["path"]: (fault["value"], fault["allowed"]) for fault in response.json()["faults"]}
    assert faults["settings.period_ms"] == ("1", "an integer, 1000 to 900000 ms")
    assert faults["settings.sensors[0].slot"][0] == "99"
    assert {"settings.tomorrow", "settings.sensors[9].slot", "settings.sensors[0].colour"} <= faults.keys()
    assert (await district.read("nodes/n-1/settings"))["desired"]["version"] == 0


async def test_a_fault_of_a_key_that_is_not_there_has_no_value_and_one_of_null_has(district: District) -> None:
    wrong = {"period_ms": None, "sensors": [{"part": "pms5003", "port": 1}]}
    response = await district.admin("PUT", "nodes/n-1/settings", {"settings": wrong, "reason": "x"})
    faults = {fault["path"]: fault["value"] for fault in response.json()["faults"]}
    assert faults == {"settings.period_ms": "null", "settings.sensors[0].slot": None}


async def test_the_schema_of_the_settings_is_served_to_those_who_may_change_them(district: District) -> None:
    path = "/api/v1/schemas/node-settings"
    assert (await district.client.get(path)).status_code == 401
    schema = await district.read("schemas/node-settings")
    period = schema["properties"]["period_ms"]
    assert (period["minimum"], period["maximum"], period["default"]) == (1000, 900_000, 10_000)
    for settings, right in (({"period_ms": 1000, "sensors": [SENSOR]}, True), ({"period_ms": 999}, False)):
        response = await district.admin("PUT", "nodes/n-1/settings", {"settings": settings, "reason": "x"})
        assert jsonschema_rs.is_valid(schema, settings) == (response.status_code == 200) == right


async def test_the_gateway_gets_a_signed_document_of_a_higher_version(district: District) -> None:
    before = (await district.device("GET", "desired", have=0)).json()["document"]["version"]
    await change(district, {"period_ms": 2000, "sensors": [SENSOR]})
    answer = (await district.device("GET", "desired", have=before)).json()
    document = answer["document"]
    (node,) = document["nodes"]
    assert document["gateway"] == "g-1" and document["version"] == before + 1
    assert (node["node"], node["settings"]["period_ms"], node["settings_version"], len(node["key"])) == ("n-1", 2000, 1, 64)
    public = Ed25519PublicKey.from_public_bytes(district.service.signing_key.public_bytes)
    public.verify(bytes.fromhex(answer["signature"]), canonical_bytes(document))
    assert (await district.device("GET", "desired", have=before + 1)).status_code == 304


async def test_settings_given_with_a_new_node_are_its_first_revision(district: District) -> None:
    await district.add_node("n-2", settings={"sensors": [SENSOR]})
    read = await district.read("nodes/n-2/settings")
    assert (read["desired"]["version"], read["state"], read["reported"]) == (1, "never_heard", None)
    refused = await district.add_node("n-3", settings={"period_ms": 0})
    assert refused.status_code == 422
    assert (await district.admin("GET", "nodes/n-3")).status_code == 404


async def test_a_change_is_pending_until_the_node_has_applied_it(district: District) -> None:
    assert await state(district) == "never_heard"
    await change(district, {"period_ms": 2000})
    assert await state(district) == "never_heard"
    await district.ingest(hello(), report(1))
    assert await state(district) == "pending"
    await district.ingest(applied(2, 1))
    assert await state(district) == "confirmed"
    reported = in_ms(await district.read("nodes/n-1/settings"))["reported"]
    assert reported == {"version": 1, "ok": True, "faults": [], "at_ms": START_MS + 20_000}


async def test_a_change_is_confirmed_though_something_else_came_with_the_answer(district: District) -> None:
    await change(district, {"period_ms": 2000})
    await district.ingest(hello(), applied(1, 1), event(2, "settings", {}))
    assert await state(district) == "confirmed"


async def test_a_refusal_of_the_node_is_shown_with_its_faults(district: District) -> None:
    await change(district, {"period_ms": 2000})
    await district.ingest(hello(), applied(1, 1, ["no port 3 on this board"]), report(2))
    read = in_ms(await district.read("nodes/n-1/settings"))
    assert (read["state"], read["in_force"]) == ("refused", 0)
    assert read["reported"] == {"version": 1, "ok": False, "faults": ["no port 3 on this board"], "at_ms": START_MS + 10_000}


async def test_what_was_refused_once_and_is_in_force_by_now_is_reported_as_in_force(district: District) -> None:
    await change(district, {"period_ms": 2000})
    await district.ingest(hello(), applied(1, 1, ["no port 3 on this board"]), hello(boot=LATER_BOOT, c=1))
    reported = in_ms(await district.read("nodes/n-1/settings"))["reported"]
    assert (reported["version"], reported["ok"], reported["faults"]) == (1, True, [])
    assert await state(district) == "confirmed"


@pytest.mark.parametrize("faults", [[], ["no port 3 on this board"]], ids=["taken", "refused"])
async def test_an_answer_that_comes_before_everything_else_is_reported(district: District, faults: list[str]) -> None:
    await change(district, {"period_ms": 2000})
    await district.ingest(applied(1, 1, faults))
    reported = in_ms(await district.read("nodes/n-1/settings"))["reported"]
    assert (reported["version"], reported["ok"], reported["faults"]) == (1, not faults, faults)


async def test_a_hello_confirms_when_the_answer_itself_was_lost(district: District) -> None:
    await change(district, {"period_ms": 2000})
    await district.ingest(hello(c=1))
    assert await state(district) == "confirmed"


async def test_a_node_that_returned_to_older_settings_is_not_confirmed(district: District) -> None:
    await change(district, {"period_ms": 2000})
    await district.ingest(applied(1, 1), hello(boot=LATER_BOOT, c=0))
    assert await state(district) == "pending"


async def test_backlog_does_not_tell_what_is_in_force(district: District) -> None:
    await change(district, {"period_ms": 2000})
    await district.ingest(hello(boot=LATER_BOOT, c=1))
    await district.ingest(report(5, boot=BOOT, c=0, start_ms=START_MS - 60_000))
    assert await state(district) == "confirmed"
    await district.ingest(report(9, boot=LATER_BOOT, c=1), report(8, boot=LATER_BOOT, c=0))
    assert await state(district) == "confirmed"


BAD_BODIES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["reason", "settings"]),
    ({"settings": []}, ["reason", "settings"]),
    ({"settings": {}, "reason": ""}, ["reason"]),
    ({"settings": {}, "reason": "x", "more": 1}, ["more"]),
]


@pytest.mark.parametrize(("body", "paths"), BAD_BODIES, ids=str)
async def test_a_body_of_another_shape_is_422_with_paths(district: District, body: dict[str, Any], paths: list[str]) -> None:
    response = await district.admin("PUT", "nodes/n-1/settings", body)
    assert response.status_code == 422
    assert [fault["path"] for fault in response.json()["faults"]] == paths


async def test_a_late_answer_to_an_older_change_says_nothing_any_more(district: District) -> None:
    for period_ms in (2000, 3000):
        await change(district, {"period_ms": period_ms})
    await district.ingest(hello(), applied(2, 2, ["no port 3 on this board"]))
    assert await state(district) == "refused"
    await district.ingest(applied(1, 1))
    assert await state(district) == "refused"
