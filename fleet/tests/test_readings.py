"""Latest values and series: values in their unit, with how well they and their times are known."""

from typing import Any

import pytest

from fleet.tests.district import LATER_BOOT, PM2_5, START_MS, District, report

ALL = {"quantity": "pm2_5_cf1", "from_ms": START_MS, "to_ms": START_MS + 3_600_000}


async def points(district: District, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await district.read("nodes/n-1/series", **{**ALL, **query}))["points"]
    return found


async def test_latest_is_the_newest_of_every_channel_with_its_age(district: District) -> None:
    await district.add_node("n-2")
    await district.ingest(report(2), report(1, [[0, PM2_5, 0, 1, 1, 1, 1], [1, 41, 0, 1, 5500, 5500, 5500]]))
    district.time.now_ms = START_MS + 45_000
    first, second = (await district.read("latest"))["items"]
    pm, humidity = first["channels"]
    assert (pm["value"], pm["age_s"], pm["start_ms"], pm["error_ms"], pm["how"]) == (12.34, 15.0, START_MS + 20_000, 20, "node")
    assert (humidity["quantity"], humidity["unit"], humidity["value"], humidity["age_s"]) == ("humidity", "%", 55.0, 25.0)
    assert second == {"node": "n-2", "channels": []}


async def test_a_date_far_ahead_does_not_hide_what_comes_after_it(district: District) -> None:
    year = 31_536_000_000 // 10_000
    await district.ingest(report(year, [[0, PM2_5, 0, 1, 999, 999, 999]]))
    district.time.now_ms = START_MS + 45_000
    (of_node,) = (await district.read("latest"))["items"]
    assert of_node["channels"] == []
    await district.ingest(report(2))
    (of_node,) = (await district.read("latest"))["items"]
    assert [channel["value"] for channel in of_node["channels"]] == [12.34]


async def test_a_series_is_in_order_of_time_and_within_its_range(district: District) -> None:
    await district.ingest(report(3), report(1), report(2), report(0))
    found = await points(district, from_ms=START_MS + 10_000, to_ms=START_MS + 30_000)
    assert [point["start_ms"] - START_MS for point in found] == [10_000, 20_000]
    expected = {"slot": 0, "duration_ms": 10_000, "value": 12.34, "min": 12.0, "max": 13.0, "n": 10, "quality": "ok", "how": "node"}
    assert expected.items() <= found[0].items()


async def test_slots_are_distinguished(district: District) -> None:
    await district.ingest(report(1, [[0, PM2_5, 0, 1, 100, 100, 100], [3, PM2_5, 0, 1, 200, 200, 200]]))
    assert [(point["slot"], point["value"]) for point in await points(district)] == [(0, 1.0), (3, 2.0)]
    assert [point["value"] for point in await points(district, slot=3)] == [2.0]


async def test_going_on_at_next_ms_neither_repeats_nor_skips(district: District) -> None:
    two = [[0, PM2_5, 0, 1, 100, 100, 100], [1, PM2_5, 0, 1, 200, 200, 200]]
    await district.ingest(*(report(seq, two) for seq in range(7)))
    read, start_ms = [], START_MS
    while start_ms is not None:
        page = await district.read("nodes/n-1/series", **{**ALL, "from_ms": start_ms, "limit": 5})
        read += [(point["start_ms"], point["slot"]) for point in page["points"]]
        start_ms = page["next_ms"]
    assert read == [(START_MS + seq * 10_000, slot) for seq in range(7) for slot in (0, 1)]


async def test_a_moment_of_more_points_than_the_limit_is_not_cut(district: District) -> None:
    await district.ingest(*(report(seq, [[slot, PM2_5, 0, 1, 100, 100, 100] for slot in range(3)]) for seq in range(2)))
    page = await district.read("nodes/n-1/series", **ALL, limit=2)
    assert [(point["start_ms"], point["slot"]) for point in page["points"]] == [(START_MS, 0), (START_MS, 1), (START_MS, 2)]
    assert page["next_ms"] == START_MS + 1


async def test_steps_average_by_number_of_readings_and_show_gaps(district: District) -> None:
    await district.ingest(
        report(0, [[0, PM2_5, 0, 30, 1000, 900, 1100]]),
        report(1, [[0, PM2_5, 0, 10, 2000, 1900, 2100]], error_ms=500),
        report(2, [[0, PM2_5, 2, 0]]),
        report(3, [[0, PM2_5, 1, 5, 70, 60, 80]]),
    )
    first, second, third = await points(district, step_ms=20_000, to_ms=START_MS + 60_000)
    assert (first["value"], first["min"], first["max"], first["n"], first["quality"]) == (12.5, 9.0, 21.0, 40, "ok")
    assert (first["completeness"], first["error_ms"]) == (1.0, 500)
    assert (second["value"], second["quality"]) == (0.7, "warming_up")  # as long as "no_reply": the lower code stands
    assert (third["value"], third["quality"], third["n"]) == (None, "not_measured", 0)


@pytest.mark.parametrize(("start_ms", "middle_at"), [(14_999, 0), (15_000, 1), (19_999, 1), (20_000, 1)])
async def test_a_period_over_the_border_of_two_steps_has_value_and_time_error_in_that_of_its_middle(
    district: District, start_ms: int, middle_at: int
) -> None:
    await district.ingest(report(1, [[0, PM2_5, 0, 10, 2000, 1900, 2100]], s=start_ms, error_ms=500))
    steps = await points(district, step_ms=20_000, to_ms=START_MS + 40_000)
    expected: list[tuple[float | None, int]] = [(None, 0), (None, 0)]
    expected[middle_at] = (20.0, 500)
    assert [(step["value"], step["error_ms"]) for step in steps] == expected


async def test_too_many_steps_are_a_fault_of_the_request(district: District) -> None:
    await district.ingest(report(0))
    response = await district.admin("GET", "nodes/n-1/series", quantity="pm2_5_cf1", from_ms=0, to_ms=START_MS + 1, step_ms=1000)
    assert response.status_code == 422
    assert response.json()["faults"][0]["path"] == "step_ms"


async def test_an_unknown_quantity_is_a_fault_and_one_never_measured_is_empty(district: District) -> None:
    assert (await district.admin("GET", "nodes/n-1/series", quantity="pm3")).json()["faults"][0]["path"] == "quantity"
    assert await points(district, quantity="pressure") == []


async def test_items_are_paged_by_seq(district: District) -> None:
    await district.ingest(*(report(seq) for seq in range(5)))
    page = await district.read("nodes/n-1/items", limit=2, from_seq=1)
    assert [item["seq"] for item in page["items"]] == [1, 2]
    await district.ingest(report(1, boot=LATER_BOOT))  # the cursor goes on in the boot that it came of
    rest = await district.read("nodes/n-1/items", cursor=page["next"])
    assert [item["seq"] for item in rest["items"]] == [3, 4] and rest["next"] is None


async def test_what_is_not_there_is_404(district: District) -> None:
    for path in ("nodes/n-9", "nodes/n-9/items", "nodes/n-9/ledger", "nodes/n-9/settings"):
        assert (await district.admin("GET", path)).status_code == 404
    assert (await district.admin("GET", "nodes/n-9/series", quantity="tvoc")).status_code == 404
    assert (await district.admin("GET", "nodes/n-1/items", boot="00000009aaaaaaaa")).status_code == 404
