"""Settings are changed by people: what differs is shown, no sensor goes unseen, every version stays and can be restored."""

from typing import Any

import httpx
import pytest

from fleet.tests.district import START_MS, District, applied, hello, report
from fleet.tests.things import WHY, done, listed, newest_change, refused

A = {"slot": 0, "part": "pms5003", "port": 0}
B = {"slot": 1, "part": "sps30", "port": 1}
TWO: dict[str, Any] = {"period_ms": 10_000, "sensors": [A, B]}
PATH = "nodes/n-1/settings"


async def wanted(district: District) -> Any:
    return (await district.read(PATH))["desired"]


async def if_match(district: District, method: str, version: int, body: dict[str, Any], path: str = PATH) -> httpx.Response:
    headers = {"Authorization": f"Bearer {district.admin_token}", "If-Match": f'"{version}"'}
    return await district.client.request(method, f"/api/v1/{path}", json={**WHY, **body}, headers=headers)


async def test_one_key_is_changed_and_the_rest_stays(district: District) -> None:
    await done(district, "PUT", PATH, settings=TWO)
    answer = await done(district, "PATCH", PATH, settings={"period_ms": 5000, "sensors": {"1": {"poll_ms": 1000}}})
    assert answer == {
        "version": 2, "before": 1, "removes": [],
        "difference": [
            {"path": "period_ms", "before": 10_000, "after": 5000},
            {"path": "sensors[slot 1].poll_ms", "before": None, "after": 1000},
        ],
    }  # fmt: skip
    after = {"period_ms": 5000, "sensors": [A, {**B, "poll_ms": 1000}]}
    assert await wanted(district) == {"version": 2, "settings": after}
    node = (await listed(district))["n-1"]
    assert (node["settings"], node["settings_version"]) == (after, 2)


# What would take a sensor away: method, path, body, what it removes.
_REMOVALS: dict[str, tuple[str, str, dict[str, Any], list[str]]] = {
    "a whole that forgets one": ("PUT", PATH, {"settings": {"period_ms": 5000, "sensors": [A]}}, ["slot 1 sps30"]),
    "a whole that forgets all": ("PUT", PATH, {"settings": {}}, ["slot 0 pms5003", "slot 1 sps30"]),
    "a slot that is taken away": ("PATCH", PATH, {"settings": {"sensors": {"0": None}}}, ["slot 0 pms5003"]),
    "all sensors": ("PATCH", PATH, {"settings": {"sensors": None}}, ["slot 0 pms5003", "slot 1 sps30"]),
    "a list without one": ("PATCH", PATH, {"settings": {"sensors": [B]}}, ["slot 0 pms5003"]),
    "another part": ("PATCH", PATH, {"settings": {"sensors": {"0": {"part": "pms7003"}}}}, ["slot 0 pms5003"]),
    "one that moves to another slot": (
        "PATCH", PATH, {"settings": {"sensors": {"0": None, "4": {"part": "pms5003", "port": 0}}}}, ["slot 0 pms5003"],
    ),
    "one step back": ("POST", f"{PATH}/undo", {}, ["slot 1 sps30"]),
    "back to as shipped": ("POST", f"{PATH}/undo", {"version": 0}, ["slot 0 pms5003", "slot 1 sps30"]),
}  # fmt: skip


@pytest.mark.parametrize("case", _REMOVALS.values(), ids=_REMOVALS.keys())
async def test_a_sensor_is_taken_away_only_when_that_is_confirmed(
    district: District, case: tuple[str, str, dict[str, Any], list[str]]
) -> None:
    method, path, body, removes = case
    await done(district, "PUT", PATH, settings={"sensors": [A]})
    await done(district, "PUT", PATH, settings=TWO)
    before = await wanted(district), await listed(district)
    for said in ({}, {"removes": removes[:-1]}, {"removes": [*removes, "slot 9 sps30"]}, {"removes": ["slot 0"]}):
        problem = await refused(district, method, path, 409, **body, **said)
        assert problem["removes"] == removes
        assert f"the change removes {', '.join(removes)}" in problem["detail"]
    assert (await wanted(district), await listed(district)) == before
    answer = await done(district, method, path, **body, removes=removes)
    assert (answer["version"], answer["removes"]) == (3, removes)


async def test_what_was_confirmed_and_does_not_happen_is_refused_too(district: District) -> None:
    await done(district, "PUT", PATH, settings=TWO)
    problem = await refused(district, "PATCH", PATH, 409, settings={"period_ms": 5000}, removes=["slot 0 pms5003"])
    assert (problem["removes"], "removes nothing" in problem["detail"]) == ([], True)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("PUT", PATH, {"settings": {}}), ("PATCH", PATH, {"settings": {"sensors": None}}), ("POST", f"{PATH}/undo", {})],
    ids=["whole", "patch", "undo"],
)
async def test_a_dry_run_shows_all_and_changes_nothing(district: District, method: str, path: str, body: dict[str, Any]) -> None:
    await done(district, "PUT", PATH, settings=TWO)
    before = await wanted(district), await listed(district), await district.read("changes")
    response = await district.admin(method, path, {**WHY, **body}, dry_run=True)
    assert response.status_code == 200, response.text
    answer = response.json()
    assert (answer["version"], answer["before"], answer["removes"]) == (None, 1, ["slot 0 pms5003", "slot 1 sps30"])
    assert answer["difference"]
    assert (await wanted(district), await listed(district), await district.read("changes")) == before
    response = await district.admin("PATCH", PATH, {**WHY, "settings": {"period_ms": 1, "sensors": {"0": {"port": 99}}}}, dry_run=True)
    assert response.status_code == 422
    assert [fault["path"] for fault in response.json()["faults"]] == ["settings.period_ms", "settings.sensors[0].port"]


async def test_settings_that_changed_since_they_were_read_are_not_changed(district: District) -> None:
    await done(district, "PUT", PATH, settings=TWO)
    read = await district.admin("GET", PATH)
    assert read.headers["etag"] == '"1"'
    await done(district, "PATCH", PATH, settings={"period_ms": 5000})
    for method, path, body in (
        ("PATCH", PATH, {"settings": {"trial_s": 60}}), ("PUT", PATH, {"settings": TWO}), ("POST", f"{PATH}/undo", {}),
    ):  # fmt: skip
        stale = await if_match(district, method, 1, body, path)
        assert (stale.status_code, stale.json()["detail"]) == (
            412, "version 2 of the settings of n-1 holds by now: read that, and change it then",
        )  # fmt: skip
    assert (await if_match(district, "PATCH", 2, {"settings": {"trial_s": 60}})).status_code == 200


@pytest.mark.parametrize("tag", ["1", "*", 'W/"1"', '"x"', ""])
async def test_what_is_no_etag_of_settings_is_a_fault_that_says_what_is(district: District, tag: str) -> None:
    headers = {"Authorization": f"Bearer {district.admin_token}", "If-Match": tag}
    answer = await district.client.patch(f"/api/v1/{PATH}", json={**WHY, "settings": {"period_ms": 5000}}, headers=headers)
    assert (answer.status_code, [fault["path"] for fault in answer.json()["faults"]]) == (422, ["if-match"])
    assert answer.json()["faults"][0]["allowed"] == 'the ETag that GET answered, with its quotes, such as "7"'
    assert (await wanted(district))["version"] == 0


async def test_the_history_has_every_version_with_who_when_why_and_what(district: District) -> None:
    await done(district, "PUT", PATH, settings=TWO, reason="first")
    district.time.now_ms += 1000
    await done(district, "PATCH", PATH, settings={"period_ms": 5000}, reason="the episode")
    history = await district.read(f"{PATH}/history")
    assert history["next"] is None
    assert [(one["version"], one["author"], one["reason"], one["created_ms"] - START_MS) for one in history["items"]] == [
        (2, "ada", "the episode", 1000), (1, "ada", "first", 0),
    ]  # fmt: skip
    assert history["items"][0]["difference"] == [{"path": "period_ms", "before": 10_000, "after": 5000}]
    assert [one["path"] for one in history["items"][1]["difference"]] == ["period_ms", "sensors[slot 0]", "sensors[slot 1]"]
    whole = await district.read(f"{PATH}/history/1")
    assert (whole["value"], whole["author"], whole["reason"]) == (TWO, "ada", "first")
    change = await newest_change(district, "settings_changed")
    assert (change["before"], change["after"], change["reason"]) == ({"version": 1}, {"version": 2}, "the episode")


async def test_the_history_is_read_page_by_page(district: District) -> None:
    for number in range(1, 8):
        await done(district, "PATCH", PATH, settings={"period_ms": 1000 * number})
    whole = (await district.read(f"{PATH}/history"))["items"]
    first = await district.read(f"{PATH}/history", limit=3)
    second = await district.read(f"{PATH}/history", limit=3, cursor=first["next"])
    third = await district.read(f"{PATH}/history", limit=3, cursor=second["next"])
    assert first["items"] + second["items"] + third["items"] == whole
    assert ([one["version"] for one in whole], third["next"]) == ([7, 6, 5, 4, 3, 2, 1], None)


async def test_one_step_back_is_a_new_version_with_the_settings_before(district: District) -> None:
    await done(district, "PUT", PATH, settings=TWO)
    await done(district, "PATCH", PATH, settings={"period_ms": 5000})
    await district.ingest(hello(), applied(1, 2))
    undone = await done(district, "POST", f"{PATH}/undo", reason="the line was full")
    assert (undone["version"], undone["difference"]) == (3, [{"path": "period_ms", "before": 5000, "after": 10_000}])
    assert await wanted(district) == {"version": 3, "settings": TWO}
    assert (await district.read(f"{PATH}/history"))["items"][0]["reason"] == "the line was full"
    await done(district, "POST", f"{PATH}/undo", version=2)
    assert (await wanted(district))["settings"]["period_ms"] == 5000


async def test_a_version_that_never_was_is_not_found(district: District) -> None:
    await done(district, "PUT", PATH, settings=TWO)
    assert (await district.admin("GET", f"{PATH}/history/2")).status_code == 404
    assert (await district.read(f"{PATH}/history/0"))["value"] == {}
    await refused(district, "POST", f"{PATH}/undo", 404, version=2)
    for path in ("nodes/n-9/settings/history", "nodes/n-9/settings/history/0"):
        assert (await district.admin("GET", path)).status_code == 404


async def test_a_node_without_sensors_is_listed_as_such(district: District) -> None:
    async def listed_as() -> tuple[str, int]:
        (node,) = (await district.read("nodes"))["items"]
        return node["state"], node["sensors"]

    assert await listed_as() == ("never_heard", 0)
    await done(district, "PUT", PATH, settings={"sensors": [A]})
    await district.ingest(hello(), applied(1, 1))
    assert await listed_as() == ("reports", 1)
    await done(district, "PUT", PATH, settings={}, removes=["slot 0 pms5003"])
    assert await listed_as() == ("reports", 0)
    await district.ingest(applied(2, 2), report(3, [], c=2))
    assert await listed_as() == ("no_sensors", 0)
