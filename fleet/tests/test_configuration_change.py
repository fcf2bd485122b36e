"""Changes of a gateway's configuration: the difference is shown, nothing that measures goes unseen, every version stays, one step back."""

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
LESS = {**BUS, "instruments": BUS["instruments"][:1]}


def rule(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "version": 1, "kind": "silent", "after_s": 60, **more}


async def test_a_change_answers_what_differs(district: District) -> None:
    await done(district, "PUT", PATH, rules=[rule("a"), rule("b")], settings={"trial_s": 61})
    answer = await done(district, "PUT", PATH, rules=[rule("a", version=2, after_s=90)], settings={"trial_s": 61})
    assert answer["version"] == (await document(district))["version"]
    assert (answer["removes"], answer["difference"]) == ([], [
        {"path": "rules[a].after_s", "before": 60, "after": 90},
        {"path": "rules[a].version", "before": 1, "after": 2},
        {"path": "rules[b]", "before": rule("b"), "after": None},
    ])  # fmt: skip


_REMOVALS: dict[str, tuple[str, str, dict[str, Any], list[str]]] = {
    "an instrument": ("PUT", PATH, {"sources": [LESS, LINE]}, ["slot 1 xy_md02"]),
    "a wired node with its line": ("PUT", PATH, {"sources": [BUS]}, ["wired node n-1"]),
    "all": ("PUT", PATH, {"sources": []}, ["slot 0 xy_md02", "slot 1 xy_md02", "wired node n-1"]),
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


async def test_a_dry_run_shows_all_and_changes_nothing(district: District) -> None:
    await done(district, "PUT", PATH, sources=[BUS])
    before = await document(district), await district.read("changes"), await district.read(PATH)
    ways: list[tuple[str, str, dict[str, Any]]] = [("PUT", PATH, {"sources": []}), ("POST", f"{PATH}/sources/undo", {})]
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
    await done(district, "POST", f"{PATH}/rules/undo", version=0)
    assert (await document(district))["rules"] == []


async def test_an_undo_is_judged_as_every_change(district: District) -> None:
    await district.add_node("n-2")
    await done(district, "PUT", PATH, rules=[rule("a", nodes=["n-2"])])
    await done(district, "PUT", PATH, rules=[])
    await done(district, "POST", "nodes/n-2/retirement")
    problem = await refused(district, "POST", f"{PATH}/rules/undo", 422)
    assert [fault["path"] for fault in problem["faults"]] == ["rules[0].nodes[0]"]


async def test_what_never_was_is_not_found(district: District) -> None:
    assert (await district.admin("GET", f"{PATH}/rules/history/1")).status_code == 404
    assert (await district.admin("GET", "gateways/g-9/configuration/rules/history")).status_code == 404
    assert (await district.admin("GET", f"{PATH}/nodes/history")).status_code == 422
    await refused(district, "POST", f"{PATH}/rules/undo", 404, version=7)
