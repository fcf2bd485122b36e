"""One CSV of all nodes: a row a value or the reason why there is none, in pieces that fit into memory."""

import csv
import io
import json
from typing import Any

import pytest

from fleet.record import export
from fleet.tests.district import PM2_5, START_MS, TVOC, District, report

SPAN = {"from_ms": START_MS, "to_ms": START_MS + 3_600_000}


async def exported(district: District, path: str = "export.csv", **query: Any) -> list[dict[str, str]]:
    response = await district.admin("GET", path, **{**SPAN, **query})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(response.text)))


@pytest.fixture
async def measured(district: District) -> District:
    await district.admin("POST", "sites", {"id": "s-2", "name": "Gate", "latitude": 31, "longitude": 121})
    await district.add_node("n-2", site="s-2")
    both = [[0, PM2_5, 0, 10, 1234, 1200, 1300], [1, TVOC, 2, 0]]
    await district.ingest(*(report(seq, both) for seq in range(4)), *(report(seq, node="n-2") for seq in range(3)))
    return district


async def test_every_value_of_every_node_is_a_row(measured: District) -> None:
    rows = await exported(measured)
    assert [(row["site"], row["node"], row["quantity"]) for row in rows] == (
        [("s-1", "n-1", "pm2_5_cf1")] * 4 + [("s-1", "n-1", "tvoc")] * 4 + [("s-2", "n-2", "pm2_5_cf1")] * 3
    )
    first = rows[0]
    time = {"time (Asia/Shanghai)": "2027-01-15T16:00:00.000+08:00", "time_ms": str(START_MS), "time_known": "node", "time_error_ms": "20"}
    expected = {"position": "1", "slot": "0", "unit": "ug/m3", "duration_ms": "10000", "value": "12.34", "n": "10", "quality": "ok"}
    assert {**time, **expected}.items() <= first.items()
    assert (rows[4]["value"], rows[4]["quality"], rows[4]["n"]) == ("", "no_reply", "0")


async def test_ndjson_has_the_same_rows_with_numbers_as_numbers(measured: District) -> None:
    response = await measured.admin("GET", "export.ndjson", **SPAN)
    assert (response.status_code, response.headers["content-type"]) == (200, "application/x-ndjson")
    lines = [json.loads(line) for line in response.text.splitlines()]
    rows = await exported(measured)
    assert [{key: "" if value is None else str(value) for key, value in line.items() if key != "time"} for line in lines] == [
        {key: value for key, value in row.items() if not key.startswith("time (")} for row in rows
    ]
    assert (lines[0]["value"], lines[0]["origin"], lines[4]["value"], lines[4]["quality"]) == (12.34, "live", None, "no_reply")
    assert lines[0]["time"] == "2027-01-15T16:00:00.000+08:00"


async def test_it_can_be_of_one_site_one_quantity_and_in_bins(measured: District) -> None:
    assert {row["site"] for row in await exported(measured, site="s-2")} == {"s-2"}
    assert {row["quantity"] for row in await exported(measured, quantity="tvoc")} == {"tvoc"}
    bins = await exported(measured, quantity="pm2_5_cf1", step_ms=20_000, to_ms=START_MS + 60_000)
    assert [(row["node"], row["value"], row["quality"]) for row in bins] == [
        ("n-1", "12.34", "ok"), ("n-1", "12.34", "ok"), ("n-1", "", "not_measured"),
        ("n-2", "12.34", "ok"), ("n-2", "12.34", "few_samples"), ("n-2", "", "not_measured"),
    ]  # fmt: skip


async def test_a_channel_of_which_nothing_came_is_a_row_with_the_reason(measured: District) -> None:
    rows = await exported(measured, site="s-2", from_ms=START_MS + 1_000_000)
    assert [(row["node"], row["value"], row["quality"], row["n"]) for row in rows] == [("n-2", "", "not_measured", "0")]


@pytest.mark.parametrize("points", [1, 2, 5])
async def test_pieces_neither_repeat_nor_skip(measured: District, points: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = await exported(measured)
    monkeypatch.setattr(export, "POINTS_A_PIECE", points)
    assert await exported(measured) == whole


TOO_MUCH: list[tuple[dict[str, Any], str]] = [
    ({"from_ms": START_MS - 32 * 86_400_000}, "31 days"),
    ({"from_ms": START_MS - 500 * 86_400_000, "step_ms": 3_600_000}, "400 days"),
    ({"from_ms": START_MS - 300 * 86_400_000, "step_ms": 1000}, "2000000 rows"),
]


@pytest.mark.parametrize(("query", "said"), TOO_MUCH)
async def test_more_than_a_limit_is_refused_before_anything_is_sent(measured: District, query: dict[str, Any], said: str) -> None:
    response = await measured.admin("GET", "export.csv", **{**SPAN, **query})
    assert response.status_code == 422 and said in response.json()["faults"][0]["allowed"]


async def test_what_is_not_there_is_refused(measured: District) -> None:
    assert (await measured.admin("GET", "export.csv", site="s-9")).status_code == 404
    assert (await measured.admin("GET", "export.csv", quantity="pm3")).status_code == 422


@pytest.mark.parametrize(("path", "told"), [("nodes/n-1/series", ("", "")), ("sites/s-1/series", ("s-1", "1"))])
async def test_a_series_is_given_as_csv_too(measured: District, path: str, told: tuple[str, str]) -> None:
    rows = await exported(measured, path, quantity="pm2_5_cf1", format="csv")
    assert [(row["node"], row["value"]) for row in rows] == [("n-1", "12.34")] * 4
    assert (rows[0]["site"], rows[0]["position"]) == told
    response = await measured.admin("GET", path, quantity="pm2_5_cf1", format="xml")
    assert response.status_code == 422 and response.json()["faults"][0]["allowed"] == "one of json, csv"
