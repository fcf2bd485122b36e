"""Changes of a gateway's configuration: the difference is shown, nothing that measures goes unseen, every version stays, one step back."""

from itertools import product
from typing import Any

import pytest

from fleet.tests.district import START_MS, District
from fleet.tests.things import WHY, document, done, refused

PATH = "gateways/g-1/configuration"
BUS: dict[str, Any] = {
    "source": "roof", "kind": "modbus", "port": "a",
    "instruments": [{"slot": 0, "part": "xy_md02", "address": 1}, {"slot": 1, "part": "xy_md02", "address": 2}],
}  # fmt: skip
LINE = {"source": "yard", "kind": "nodes", "port": "b", "nodes": [{"node": "n-1", "address": 7}]}
CALIBRATION = {"id": "c", "version": 1, "node": "n-1", "slot": 0, "quantity": "pm2_5_cf1", "from_ms": 1, "model": "linear"}
LESS = {**BUS, "instruments": BUS["instruments"][:1]}


def rule(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "version": 1, "kind": "silent", "after_s": 60, **more}


async def test_a_change_answers_what_differs(district: District) -> None:
    await done(district, "PUT", PATH, rules=[rule("a"), rule("b")], settings={"trial_s": 61})
    changed, version = [rule("a", version=2, after_s=90)], (await document(district))["version"]
    answer = await done(district, "PUT", PATH, rules=changed, settings={"trial_s": 61}, removes=["rules[b]"])
    assert (answer["before"], answer["version"]) == (version, version + 1)
    assert answer["version"] == (await document(district))["version"]
    assert (answer["removes"], answer["difference"]) == (["rules[b]"], [
        {"path": "rules[a].after_s", "before": 60, "after": 90},
        {"path": "rules[a].version", "before": 1, "after": 2},
        {"path": "rules[b]", "before": rule("b"), "after": None},
    ])  # fmt: skip


_REMOVALS: dict[str, tuple[str, str, dict[str, Any], list[str]]] = {
    "an instrument": ("PUT", PATH, {"sources": [LESS, LINE]}, ["slot 1 xy_md02"]),
    "a wired node with its line": ("PUT", PATH, {"sources": [BUS]}, ["wired node n-1"]),
    "all": ("PUT", PATH, {"sources": []}, ["slot 0 xy_md02", "slot 1 xy_md02", "wired node n-1"]),
    "a slot by its bus": (
        "PATCH",
        PATH,
        {"sources": {"roof": {"instruments": BUS["instruments"][:1]}}},
        ["slot 1 xy_md02"],
    ),
    "a line by its name": ("PATCH", PATH, {"sources": {"yard": None}}, ["wired node n-1"]),
    "all by a patch": ("PATCH", PATH, {"sources": None}, ["slot 0 xy_md02", "slot 1 xy_md02", "wired node n-1"]),
    "one step back": ("POST", f"{PATH}/sources/undo", {}, ["slot 1 xy_md02", "wired node n-1"]),
    "back to nothing": ("POST", f"{PATH}/sources/undo", {"version": 0}, ["slot 0 xy_md02", "slot 1 xy_md02", "wired node n-1"]),
}


@pytest.mark.parametrize("case", _REMOVALS.values(), ids=_REMOVALS.keys())
async def test_what_measures_is_taken_away_only_when_that_is_confirmed(
    district: District, case: tuple[str, str, dict[str, Any], list[str]]
) -> None:
    method, path, body, removes = case
    await done(district, "PUT", PATH, sources=[LESS])
    await done(district, "PUT", PATH, sources=[BUS, LINE])
    before = await document(district)
    for said in ({}, {"removes": removes[1:] or ["slot 9"]}, {"removes": [*removes, "gps"]}):
        assert (await refused(district, method, path, 409, **body, **said))["removes"] == removes
    assert await document(district) == before
    answer = await done(district, method, path, **body, removes=removes)
    assert (answer["removes"], answer["version"]) == (removes, before["version"] + 1)


_ENTRIES: dict[str, tuple[str, str, dict[str, Any], list[str]]] = {
    "a rule": ("PUT", PATH, {"rules": [rule("a")]}, ["rules[b]"]),
    "all rules": ("PUT", PATH, {"rules": []}, ["rules[a]", "rules[b]"]),
    "a rule that has another name by now": ("PUT", PATH, {"rules": [rule("a"), rule("c")]}, ["rules[b]"]),
    "a rule by its name": ("PATCH", PATH, {"rules": {"b": None}}, ["rules[b]"]),
    "rules by a list": ("PATCH", PATH, {"rules": [rule("b")]}, ["rules[a]"]),
    "a calibration": ("PUT", PATH, {"calibrations": []}, ["calibrations[c]"]),
    "a calibration by its name": ("PATCH", PATH, {"calibrations": {"c": None}}, ["calibrations[c]"]),
    "of two sections": ("PATCH", PATH, {"calibrations": None, "rules": {"a": None}}, ["calibrations[c]", "rules[a]"]),
    "rules, one step back": ("POST", f"{PATH}/rules/undo", {}, ["rules[b]"]),
    "calibrations, back to nothing": ("POST", f"{PATH}/calibrations/undo", {"version": 0}, ["calibrations[c]"]),
}


@pytest.mark.parametrize("case", _ENTRIES.values(), ids=_ENTRIES.keys())
async def test_a_rule_and_a_calibration_are_taken_away_only_when_that_is_confirmed(
    district: District, case: tuple[str, str, dict[str, Any], list[str]]
) -> None:
    method, path, body, removes = case
    await done(district, "PUT", PATH, rules=[rule("a")])
    await done(district, "PUT", PATH, rules=[rule("a"), rule("b")], calibrations=[CALIBRATION])
    before = await document(district)
    shown = await district.admin(method, path, {**WHY, **body}, dry_run=True)
    assert shown.json()["removes"] == removes
    assert (await refused(district, method, path, 409, **body))["removes"] == removes
    assert await document(district) == before
    assert (await done(district, method, path, **body, removes=removes))["removes"] == removes


async def test_more_than_a_sentence_can_name_is_removed_as_the_answer_has_it(district: District) -> None:
    await done(district, "PUT", PATH, rules=[rule(f"r-{number:03}") for number in range(200)])
    problem = await refused(district, "PUT", PATH, 409, rules=[])
    assert len(problem["removes"]) == 200 and len(problem["detail"]) < 500
    assert problem["detail"].endswith("and 180 more: if that is meant, ask again with `removes` as this answer has it")
    await done(district, "PUT", PATH, rules=[], removes=problem["removes"])


async def test_a_key_of_one_entry_is_changed_and_the_rest_stays(district: District) -> None:
    await done(
        district, "PUT", PATH, rules=[rule("a"), rule("b")], calibrations=[CALIBRATION], settings={"trial_s": 61, "report_interval_s": 60}
    )
    before = await document(district)
    patch = {"rules": {"b": {"version": 2, "after_s": 90}, "c": rule("c")}, "settings": {"trial_s": None}}
    answer = await done(district, "PATCH", PATH, **patch)
    assert [one["path"] for one in answer["difference"]] == ["rules[b].after_s", "rules[b].version", "rules[c]", "settings.trial_s"]
    after = await document(district)
    assert after["rules"] == [rule("a"), rule("b", version=2, after_s=90), rule("c")]
    assert (after["settings"], after["calibrations"]) == ({"report_interval_s": 60}, before["calibrations"])
    assert (await district.read(PATH))["calibrations"]["version"] == 1


_NO_PATCH: dict[str, tuple[dict[str, Any], list[str]]] = {
    "another name in the entry": ({"rules": {"a": {"id": "b"}}}, ["rules.a"]),
    "a fault in an entry": ({"rules": {"a": {"after_s": "soon"}}}, ["rules[0].after_s"]),
    "a new entry that is not whole": ({"rules": {"z": {"kind": "silent"}}}, ["rules[1].version"]),
    "an entry that is no object": ({"rules": {"a": 5}}, ["rules[0]"]),
    "no section": ({}, ["configuration"]),
    "a key that means nothing": ({"settings": {"trail_s": 61}}, ["settings.trail_s"]),
}


@pytest.mark.parametrize(("patch", "paths"), _NO_PATCH.values(), ids=_NO_PATCH.keys())
async def test_a_patch_is_judged_as_every_change(district: District, patch: dict[str, Any], paths: list[str]) -> None:
    await done(district, "PUT", PATH, rules=[rule("a")])
    before = await document(district)
    problem = await refused(district, "PATCH", PATH, 422, **patch)
    assert sorted(fault["path"] for fault in problem["faults"]) == sorted(paths)
    assert await document(district) == before


async def test_what_changed_since_it_was_read_is_not_changed(district: District) -> None:
    await done(district, "PUT", PATH, rules=[rule("a")])
    read = await district.admin("GET", PATH)
    tag, version = read.headers["etag"], read.json()["version"]
    assert tag == f'"{version}"'
    await done(district, "PATCH", PATH, rules={"b": rule("b")})  # another administrator
    headers = {"Authorization": f"Bearer {district.admin_token}", "If-Match": tag}
    ways: list[tuple[str, str, dict[str, Any]]] = [
        ("PUT", PATH, {"rules": [rule("c")]}), ("PATCH", PATH, {"rules": {"a": None}}), ("POST", f"{PATH}/rules/undo", {}),
    ]  # fmt: skip
    for (method, path, body), dry in product(ways, ("", "?dry_run=true")):
        stale = await district.client.request(method, f"/api/v1/{path}{dry}", json={**WHY, **body}, headers=headers)
        assert (stale.status_code, stale.json()["detail"]) == (
            412, f"version {version + 1} of the configuration of g-1 holds by now: read that, and change it then",
        )  # fmt: skip
    headers["If-Match"] = f'"{version + 1}"'
    fresh = await district.client.patch(f"/api/v1/{PATH}", json={**WHY, "rules": {"c": rule("c")}}, headers=headers)
    assert (fresh.status_code, fresh.json()["before"], fresh.json()["version"]) == (200, version + 1, version + 2)
    assert [one["id"] for one in (await document(district))["rules"]] == ["a", "b", "c"]


async def test_a_dry_run_shows_all_and_changes_nothing(district: District) -> None:
    await done(district, "PUT", PATH, sources=[BUS])
    before = await document(district), await district.read("changes"), await district.read(PATH)
    ways: list[tuple[str, str, dict[str, Any]]] = [
        ("PUT", PATH, {"sources": []}),
        ("PATCH", PATH, {"sources": {"roof": None}}),
        ("POST", f"{PATH}/sources/undo", {}),
    ]
    for method, path, sources in ways:
        response = await district.admin(method, path, {**WHY, **sources}, dry_run=True)
        assert response.status_code == 200, response.text
        assert (response.json()["version"], response.json()["removes"]) == (None, ["slot 0 xy_md02", "slot 1 xy_md02"])
    faulty = await district.admin("PUT", PATH, {**WHY, "rules": [rule("a", nodes=["n-9"])]}, dry_run=True)
    assert [fault["path"] for fault in faulty.json()["faults"]] == ["rules[0].nodes[0]"]
    assert (await document(district), await district.read("changes"), await district.read(PATH)) == before


async def test_each_section_has_its_history_and_one_step_back(district: District) -> None:
    await done(district, "PUT", PATH, rules=[rule("a")], reason="first")
    district.time.now_ms += 1000
    await done(district, "PUT", PATH, rules=[rule("a", version=2, after_s=90)], settings={"trial_s": 61}, reason="longer")
    history = await district.read(f"{PATH}/rules/history")
    assert [(one["version"], one["author"], one["reason"], one["created_ms"] - START_MS) for one in history["items"]] == [
        (2, "ada", "longer", 1000), (1, "ada", "first", 0),
    ]  # fmt: skip
    assert [one["path"] for one in history["items"][0]["difference"]] == ["rules[a].after_s", "rules[a].version"]
    assert (await district.read(f"{PATH}/rules/history/1"))["value"] == [rule("a")]
    assert len((await district.read(f"{PATH}/settings/history"))["items"]) == 1

    undone = await done(district, "POST", f"{PATH}/rules/undo", reason="rang every night")
    written = await document(district)
    assert (written["rules"], written["settings"], undone["version"]) == ([rule("a")], {"trial_s": 61}, written["version"])
    newest = (await district.read(f"{PATH}/rules/history", limit=1))["items"][0]
    assert (newest["version"], newest["reason"]) == (3, "rang every night")
    await done(district, "POST", f"{PATH}/rules/undo", version=0, removes=["rules[a]"])
    assert (await document(district))["rules"] == []


async def test_an_undo_is_judged_as_every_change(district: District) -> None:
    await district.add_node("n-2")
    await done(district, "PUT", PATH, rules=[rule("a", nodes=["n-2"])])
    await done(district, "PATCH", PATH, rules=None, removes=["rules[a]"])
    await done(district, "POST", "nodes/n-2/retirement")
    problem = await refused(district, "POST", f"{PATH}/rules/undo", 422)
    assert [fault["path"] for fault in problem["faults"]] == ["rules[0].nodes[0]"]


async def test_what_never_was_is_not_found(district: District) -> None:
    assert (await district.admin("GET", f"{PATH}/rules/history/1")).status_code == 404
    assert (await district.admin("GET", "gateways/g-9/configuration/rules/history")).status_code == 404
    assert (await district.admin("GET", f"{PATH}/nodes/history")).status_code == 422
    await refused(district, "POST", f"{PATH}/rules/undo", 404, version=7)
