"""One call leads from a value to the raw body, the node, its boot, sensor, firmware, settings, repaired time, and who changed what."""

import json
from typing import Any

import pytest

from fleet.record.explain import MOST_RUNS
from fleet.tests.district import BOOT, LATER_BOOT, PM2_5, START_MS, District, event, hello, in_ms, report
from fleet.tests.things import HOUR_MS, add_site, at, done


async def _explain(district: District, at_ms: int, site: str = "s-1", **query: Any) -> Any:
    return await district.read(f"sites/{site}/explain", quantity="pm2_5_cf1", from_ms=at_ms, **query)


async def test_a_value_leads_to_all_that_made_it(district: District) -> None:
    await done(district, "PATCH", "nodes/n-1/settings", settings={"period_ms": 2000})
    said = hello()
    said["body"]["sn"] = [[0, "pms5003", "PMS-77"]]
    await district.ingest(said, report(1, c=1))
    found = await _explain(district, START_MS + 15_000)
    (one,) = found["values"]
    assert (one["point"]["value"], one["point"]["quality"], one["point"]["origin"]) == (12.34, "ok", "live")
    assert (one["node"], one["slot"], one["gateway"], one["reporter"], one["boot"], one["seq"]) == ("n-1", 0, "g-1", "n-1", BOOT, 1)
    assert (one["settings_version"], one["kind"], one["original"]) == (1, "report", None)
    assert json.loads(one["body"]) == report(1, c=1)["body"]
    assert (one["hello"]["board"], one["hello"]["firmware"], one["hello"]["sensors"]) == ("esp32", "0.1.0", said["body"]["sn"])
    assert (one["sensor"]["model"], one["sensor"]["serial"]) == ("pms5003", "PMS-77")
    assert {"node_added", "settings_changed", "gateway_added", "site_added"} <= {change["what"] for change in found["changes"]}
    assert (await _explain(district, START_MS + 25_000))["values"] == []


async def test_a_repaired_time_is_shown_with_what_was_believed_first(district: District) -> None:
    await district.ingest(report(1, how="bounds", start_ms=START_MS - 500_000, error_ms=100_000, boot=LATER_BOOT))
    await district.ingest(anchors=[{"node": "n-1", "boot": LATER_BOOT, "offset_ms": START_MS, "error_ms": 30}])
    (one,) = (await _explain(district, START_MS + 10_000))["values"]
    assert (one["point"]["how"], in_ms(one["original"])) == ("anchor", {"start_ms": START_MS - 500_000, "error_ms": 100_000})
    assert one["hello"] is None


async def test_a_bin_names_the_items_that_it_was_made_of(district: District) -> None:
    await district.ingest(report(1), report(2), report(4), report(400))
    found = await _explain(district, START_MS, step_ms=HOUR_MS)
    assert [(run["boot"], run["first"], run["last"], run["items"]) for run in found["bin"]["runs"]] == [(BOOT, 1, 2, 2), (BOOT, 4, 4, 1)]
    assert (found["bin"]["point"]["n"], found["bin"]["point"]["quality"], found["bin"]["is_cut"], found["values"]) == (
        30,
        "few_samples",
        False,
        [],
    )
    day = await _explain(district, START_MS, step_ms=24 * HOUR_MS)
    assert day["bin"]["point"]["n"] == 40


@pytest.mark.parametrize(("runs", "is_cut"), [(MOST_RUNS, False), (MOST_RUNS + 1, True)])
async def test_a_bin_says_whether_it_was_made_of_more_runs_than_are_shown(district: District, runs: int, is_cut: bool) -> None:
    await district.ingest(*[report(2 * number) for number in range(1, runs + 1)])
    found = (await _explain(district, START_MS, step_ms=24 * HOUR_MS))["bin"]
    assert (found["is_cut"], len(found["runs"]), found["runs"][0]["first"]) == (is_cut, MOST_RUNS, 2)


async def test_a_value_of_a_summary_leads_to_the_gateway_that_made_it(district: District) -> None:
    await district.add_node("g-1")
    about = {"node": "n-1", "boot": BOOT, "from": 1, "to": 360, "reports": 360, "uptime_ms": 10_000, "start_ms": START_MS, "error_ms": 25}
    whole = {**about, "duration_ms": HOUR_MS, "ch": [[0, PM2_5, 0, 300, 3_000_000, 3000, 1234, 1200, 1300]]}
    await district.ingest(event(0, "summary", whole, node="g-1", boot="00000001cccccccc"))
    (one,) = (await _explain(district, START_MS + 1))["values"]
    assert (one["node"], one["reporter"], one["kind"], one["settings_version"], one["point"]["origin"]) == (
        "n-1", "g-1", "event", None, "summary",
    )  # fmt: skip


async def test_after_a_move_each_place_explains_its_own(district: District) -> None:
    await add_site(district, "s-2")
    await district.ingest(report(1))
    at(district, 1)
    await done(district, "PATCH", "nodes/n-1", site="s-2")
    await district.ingest(report(720))
    (there,) = (await _explain(district, START_MS + 2 * HOUR_MS, "s-2"))["values"]
    assert there["node"] == "n-1" and (await _explain(district, START_MS + 10_000))["values"][0]["seq"] == 1


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("sites/s-9/explain", {"from_ms": START_MS}, 404),
        ("sites/s-1/explain", {"from_ms": START_MS}, 404),
        ("sites/s-1/explain", {}, 422),
        ("sites/s-1/explain", {"from_ms": START_MS, "step_ms": 5_000_000}, 422),
        ("sites/s-1/explain", {"from_ms": START_MS, "position": 0}, 422),
    ],
)
async def test_what_cannot_be_explained_is_refused(district: District, path: str, query: dict[str, Any], status: int) -> None:
    assert (await district.admin("GET", path, quantity="pm2_5_cf1", **query)).status_code == status
