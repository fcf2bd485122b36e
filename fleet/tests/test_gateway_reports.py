"""What a gateway reports of its documents, in whatever order it arrives: the newest verdict on the newest document stays."""

from typing import Any

import pytest

from contract.site import device_api
from fleet.tests.district import START_MS, District, applied, hello
from fleet.tests.things import done, refused

BOOT, LATER_BOOT = "0123456789abcdef", "fedcba9876543210"


def report(version: int, state: str, *faults: str, **more: Any) -> dict[str, Any]:
    body = {"version": version, "ok": state in ("kept", "on_trial") and not faults, "state": state, "faults": list(faults)}
    return {**body, "in_force": version, **more}


async def documents(district: District, count: int = 20) -> None:
    for _ in range(count):
        await done(district, "PUT", "gateways/g-1/configuration", rules=[])


async def shown(district: District) -> tuple[int, str, bool, int]:
    found = (await district.read("gateways/g-1/configuration"))["reported"]
    return found["version"], found["state"], found["ok"], found["in_force"]


# What arrives, one after the other, and what is shown after it.
_ORDERS: dict[str, tuple[list[dict[str, Any]], tuple[int, str, bool, int]]] = {
    "a verdict on an older document comes after one on the newest": (
        [report(9, "refused", "no output x", in_force=7), report(8, "kept")], (9, "refused", False, 8),
    ),
    "a trial that ended begins once more": ([report(9, "kept"), report(9, "on_trial")], (9, "kept", True, 9)),
    "a return comes before its beginning": (
        [report(9, "returned", "n-1: no report", in_force=8), report(9, "on_trial")], (9, "returned", False, 9),
    ),
    "a document that is kept fits no more": ([report(9, "kept"), report(9, "kept", "no output x")], (9, "kept", False, 9)),
    "and fits again": ([report(9, "kept", "no output x"), report(9, "kept")], (9, "kept", True, 9)),
    "the same report twice": ([report(9, "kept"), report(9, "kept")], (9, "kept", True, 9)),
    "a newer document": ([report(9, "returned", "x"), report(10, "on_trial")], (10, "on_trial", True, 10)),
    "an older gateway without states": ([{"version": 9, "ok": True}, report(9, "on_trial")], (9, "on_trial", True, 9)),
    "one that comes late within a run": (
        [report(9, "kept", boot=BOOT, seq=5), report(9, "kept", "no output x", boot=BOOT, seq=4)], (9, "kept", True, 9),
    ),
    "one that comes twice within a run": (
        [report(9, "kept", boot=BOOT, seq=5), report(9, "kept", "no output x", boot=BOOT, seq=5)], (9, "kept", True, 9),
    ),
    "another run counts from the beginning": (
        [report(9, "kept", boot=BOOT, seq=5), report(9, "kept", "no output x", boot=LATER_BOOT, seq=0)], (9, "kept", False, 9),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("arrive", "expected"), _ORDERS.values(), ids=_ORDERS.keys())
async def test_the_newest_verdict_on_the_newest_document_stays(
    district: District, arrive: list[dict[str, Any]], expected: tuple[int, str, bool, int]
) -> None:
    await documents(district)
    for body in arrive:
        assert (await district.device("POST", "reported", body)).status_code == 204
    assert await shown(district) == expected


async def test_the_verdict_keeps_the_time_at_which_it_came(district: District) -> None:
    await documents(district)
    await district.device("POST", "reported", report(9, "refused", "no output x"))
    district.time.now_ms += 5000
    await district.device("POST", "reported", report(8, "kept", counters={"items.stored": 7}))
    gateway = await district.read("gateways/g-1")
    assert (gateway["reported"]["at_ms"], gateway["reported"]["faults"]) == (START_MS, ["no output x"])
    assert (gateway["seen_ms"], gateway["counters"]) == (START_MS + 5000, {"items.stored": 7})


async def test_a_version_that_cannot_be_is_refused_and_hides_nothing(district: District) -> None:
    newest = (await district.read("gateways/g-1"))["desired_version"]
    await district.device("POST", "reported", report(newest, "kept"))
    for key in ("version", "in_force"):
        for version in (newest + device_api.MAX_VERSIONS_AHEAD + 1, device_api.MAX_VERSION):
            answer = await district.device("POST", "reported", {**report(newest, "kept"), key: version})
            assert (answer.status_code, answer.json()["faults"][0]["path"]) == (422, key)
    assert await shown(district) == (newest, "kept", True, newest)
    ahead = newest + device_api.MAX_VERSIONS_AHEAD  # as after a backup of the fleet was restored
    assert (await district.device("POST", "reported", report(ahead, "kept"))).status_code == 204


async def test_a_gateway_that_was_enrolled_again_begins_anew(district: District) -> None:
    await documents(district)
    await district.device("POST", "reported", report(9, "kept", boot=BOOT, seq=5))
    code = (await done(district, "POST", "gateways/g-1/enrolment"))["enrolment_code"]
    token = (await district.enrol(code)).json()["token"]
    assert (await district.read("gateways/g-1/configuration"))["reported"] is None
    await district.device("POST", "reported", report(9, "on_trial", boot=BOOT, seq=0), token)
    assert await shown(district) == (9, "on_trial", True, 9)


async def test_an_answer_to_settings_that_were_never_offered_hides_none_that_are_true(district: District) -> None:
    await done(district, "PUT", "nodes/n-1/settings", settings={"period_ms": 2000})
    await district.ingest(hello(), applied(1, device_api.MAX_VERSIONS_AHEAD + 2))
    assert (await district.read("nodes/n-1/settings"))["state"] == "pending"
    await district.ingest(applied(2, 1, ["no port 3"]))
    read = await district.read("nodes/n-1/settings")
    assert (read["state"], read["reported"]["faults"]) == ("refused", ["no port 3"])
    assert (await done(district, "PUT", "nodes/n-1/settings", settings={"period_ms": 3000}))["version"] == 2
    await refused(district, "PUT", "nodes/n-9/settings", 404, settings={})
