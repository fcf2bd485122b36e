"""Rules, calibrations, sources and settings of a gateway: set, refused with every fault, carried by the signed document, answered for."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from fleet.configuration.tables import gateway_revision
from fleet.people.tables import change
from fleet.tests.district import START_MS, District, in_ms

_PATH = "gateways/g-1/configuration"


_LINEAR = {"id": "c", "version": 1, "node": "n-1", "slot": 0, "quantity": "pm2_5_cf1", "from_ms": 1, "to_ms": 5000, "model": "linear"}


async def put(district: District, **parts: Any) -> int:
    response = await district.admin("PUT", _PATH, {"reason": "dust season", **parts})
    assert response.status_code == 200, response.text
    return int(response.json()["version"])


async def document(district: District) -> dict[str, Any]:
    read: dict[str, Any] = (await district.device("GET", "desired")).json()["document"]
    return read


async def test_nothing_was_ever_asked_of_a_new_gateway(district: District) -> None:
    read = in_ms(await district.read(_PATH))
    assert read["rules"] == {"version": 0, "value": [], "author": "", "reason": "", "created_ms": None}
    assert (read["settings"]["value"], read["reported"]) == ({}, None)


async def test_a_change_is_carried_by_the_next_document_and_leaves_the_other_parts_alone(district: District) -> None:
    first = await put(district, settings={"trial_s": 60})
    second = await put(district, settings={"trial_s": 61}, sources=[])
    carried = await document(district)
    assert second == first + 1 == carried["version"]
    assert (carried["settings"], carried["sources"], carried["rules"]) == ({"trial_s": 61}, [], [])
    read = in_ms(await district.read(_PATH))
    assert read["version"] == second
    assert read["settings"] == {"version": 2, "value": {"trial_s": 61}, "author": "ada", "reason": "dust season", "created_ms": START_MS}


async def test_every_revision_stays_with_who_and_why(district: District) -> None:
    await put(district, settings={"trial_s": 60})
    await put(district, settings={"trial_s": 61})
    rows = district.service.read(lambda connection: connection.execute(select(gateway_revision)).all())
    reported = sorted((row.part, row.version, json.loads(row.content)["trial_s"], row.author, row.reason) for row in rows)
    assert reported == [("settings", 1, 60, "ada", "dust season"), ("settings", 2, 61, "ada", "dust season")]
    recorded = select(change.c.who, change.c.subject).where(change.c.what == "gateway_configured")
    assert [tuple(row) for row in district.service.read(lambda c: c.execute(recorded).all())] == [("ada", "g-1")] * 2


async def test_a_change_wakes_the_gateway(district: District) -> None:
    before = (await document(district))["version"]
    await put(district, settings={"trial_s": 60})
    assert (await district.device("GET", "desired", have=before)).status_code == 200


_WRONG: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing at all": ({}, ["configuration"]),
    "an invalid source": (
        {"sources": [{"source": "x", "kind": "nothing"}], "settings": {"trial_s": 60}},
        ["sources[0].port", "sources[0].kind"],
    ),
    "a float among other faults": (
        {"rules": [{"id": "r", "version": 0, "kind": "level", "quantity": "pm10_atm", "raise": 1.5}]},
        ["rules[0].version", "rules[0].raise"],
    ),
    "keys that mean nothing": (
        {
            "rules": [{"id": "r", "version": 1, "kind": "silent", "after": 60}],
            "sources": [{"source": "x", "kind": "gps", "port": "p", "bauds": 1}],
        },
        ["sources[0].bauds", "rules[0].after"],
    ),
    "two calibrations of one id": (
        {"calibrations": [_LINEAR, _LINEAR | {"version": 2, "from_ms": 5000, "to_ms": 6000}]},
        ["calibrations[1].id"],
    ),
    "a number that has no canonical form": ({"settings": {"trial_s": 1.5}, "rules": []}, ["settings.trial_s"]),
    "settings that mean nothing or are out of range": ({"settings": {"note": 1, "trial_s": 5}}, ["settings.trial_s", "settings.note"]),
    "a node that the gateway does not have beside another fault": (
        {"settings": {"trial_s": 5}, "rules": [{"id": "r", "version": 1, "kind": "silent", "nodes": ["n-9"]}]},
        ["settings.trial_s", "rules[0].nodes[0]"],
    ),
    "nodes that the gateway does not have": (
        {
            "rules": [{"id": "r", "version": 1, "kind": "silent", "nodes": ["g-1", "n-1", "n-9"]}],
            "sources": [{"source": "x", "kind": "nodes", "port": "p", "nodes": [{"node": "n-8", "address": 1}]}],
        },
        ["sources[0].nodes[0].node", "rules[0].nodes[2]"],
    ),
}


@pytest.mark.parametrize("case", _WRONG.values(), ids=_WRONG.keys())
async def test_what_is_wrong_is_refused_whole_with_every_fault(district: District, case: tuple[dict[str, Any], list[str]]) -> None:
    before = await document(district)
    response = await district.admin("PUT", _PATH, {"reason": "x", **case[0]})
    assert response.status_code == 422
    assert [fault["path"] for fault in response.json()["faults"]] == case[1]
    assert await document(district) == before


async def test_a_fault_carries_the_value_that_stands_there_whatever_its_keys_look_like(district: District) -> None:
    profile = {"line": [9601, 8, "N", 1], "fields": [{"register": 1, "type": "u16", "quantity": "tvoc"}]}
    bus = {"source": "a", "kind": "modbus", "port": "p", "instruments": [{"slot": 0, "part": "odd.name[0]"}]}
    response = await district.admin("PUT", _PATH, {"reason": "x", "sources": [bus | {"profiles": {"odd.name[0]": profile}}]})
    assert response.status_code == 422
    (fault,) = response.json()["faults"]
    assert (fault["path"], fault["value"]) == ("sources[0].profiles.odd.name[0].line", '[9601, 8, "N", 1]')


async def test_a_gateway_that_is_not_there_is_404(district: District) -> None:
    assert (await district.admin("GET", "gateways/g-9/configuration")).status_code == 404
    assert (await district.admin("PUT", "gateways/g-9/configuration", {"reason": "x", "settings": {}})).status_code == 404


async def test_the_verdict_of_the_gateway_is_shown(district: District) -> None:
    version = await put(district, settings={"trial_s": 60})
    reported = {"version": version, "ok": False, "faults": ["n-1: no report within 600 s"], "state": "returned", "in_force": version - 1}
    assert (await district.device("POST", "reported", {**reported, "counters": {}})).status_code == 204
    assert in_ms(await district.read(_PATH))["reported"] == {**reported, "at_ms": START_MS}
    gateway = await district.read("gateways/g-1")
    assert gateway["reported"]["state"] == "returned"


async def test_a_state_that_there_is_not_is_refused(district: District) -> None:
    reported = {"version": 1, "ok": True, "faults": [], "state": "perhaps"}
    assert (await district.device("POST", "reported", reported)).status_code == 422
