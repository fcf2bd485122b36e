"""Completeness of an area and a period: the time with usable values of the time in which something was there to measure it."""

from typing import Any

import pytest

from contract import quality
from fleet.record.aggregates import reading
from fleet.record.aggregates.making import make_piece
from fleet.tests.district import PM2_5, START_MS, TVOC, District, report
from fleet.tests.things import HOUR_MS, at, done

GRID = [("1", "district", None), ("11", "township", "1"), ("12", "township", "1"), ("111", "community", "11"), ("1111", "cell", "111")]


async def _grid(district: District) -> None:
    for name, level, parent in GRID:
        await done(district, "POST", "areas", id=name, level=level, parent=parent, name_zh="区", name_en="Area")
    await done(district, "PATCH", "sites/s-1", area="1111")


async def _read(district: District, hours: tuple[float, float] = (0, 10), **query: Any) -> Any:
    span = {"from_ms": START_MS + int(hours[0] * HOUR_MS), "to_ms": START_MS + int(hours[1] * HOUR_MS)}
    return await district.read("completeness", **span, **query)


def _minutes(node: str, begin: int, end: int, code: int = quality.OK, channels: tuple[int, ...] = (PM2_5,)) -> list[dict[str, Any]]:
    """Reports of ten minutes."""
    rows = [[0, quantity, code, *([1, 5, 5, 5] if code in quality.USABLE else [0])] for quantity in channels]
    return [report(minute * 6, rows, node=node, d=600_000) for minute in range(begin, end, 10)]


async def _make(district: District) -> None:
    await district.service.write(lambda connection: make_piece(connection, 10**13, 10_000))


@pytest.mark.parametrize("made", [False, True], ids=["live", "made"])
async def test_usable_time_is_counted_of_the_time_in_which_a_node_was_deployed(district: District, made: bool) -> None:
    await _grid(district)
    await district.ingest(*_minutes("n-1", 0, 120), *_minutes("n-1", 120, 180, quality.NO_REPLY))
    at(district, 4)
    if made:
        await _make(district)
    found = await _read(district)
    total = {"sites": 1, "series": 1, "unheard": 0, "expected_ms": 4 * HOUR_MS, "usable_ms": 2 * HOUR_MS, "completeness": 0.5}
    assert (found["from_ms"], found["to_ms"], found["total"]) == (START_MS, START_MS + 4 * HOUR_MS, total)
    assert found["items"] == [{**total, "id": "s-1", "area": "1111", "nodes": ["n-1"]}]
    (half,) = (await _read(district, (0, 1)))["items"]
    assert half["completeness"] == 1


async def test_a_deployment_that_ended_is_not_expected_any_more_and_a_silent_node_is_named(district: District) -> None:
    await _grid(district)
    await district.add_node("n-2")
    await district.ingest(*_minutes("n-1", 0, 60))
    at(district, 1)
    await done(district, "POST", "nodes/n-1/retirement")
    at(district, 3)
    (site,) = (await _read(district))["items"]
    assert (site["expected_ms"], site["completeness"], site["unheard"], site["nodes"]) == (HOUR_MS, 1, 1, ["n-1", "n-2"])


@pytest.mark.parametrize("quantity", [None, "pm2_5_cf1"])
@pytest.mark.parametrize("made", [False, True], ids=["live", "made"])
async def test_a_node_that_goes_on_after_its_retirement_fills_no_gap_of_another(
    district: District, made: bool, quantity: str | None
) -> None:
    await _grid(district)
    await district.add_node("n-2")
    await district.ingest(*_minutes("n-1", 0, 60))
    at(district, 1)
    await done(district, "POST", "nodes/n-1/retirement")
    await district.ingest(*_minutes("n-1", 60, 120), *_minutes("n-2", 0, 30))
    at(district, 2)
    if made:
        await _make(district)
    asked: dict[str, Any] = {"quantity": quantity} if quantity else {}
    found = await _read(district, **asked)
    assert (found["total"]["expected_ms"], found["total"]["usable_ms"]) == (3 * HOUR_MS, 1.5 * HOUR_MS)


async def test_by_area_under_an_area_and_by_quantity(district: District) -> None:
    await _grid(district)
    await district.admin("POST", "sites", {"id": "s-2", "name": "Gate", "latitude": 31.2, "longitude": 121.5})
    await district.add_node("n-2", site="s-2")
    await district.ingest(*_minutes("n-1", 0, 60, channels=(PM2_5, TVOC)), *_minutes("n-2", 0, 30))
    at(district, 1)
    by_township = await _read(district, by="township")
    assert [(one["id"], one["sites"], one["completeness"], one["nodes"]) for one in by_township["items"]] == [
        ("11", 1, 1.0, None), ("", 1, 0.5, None),
    ]  # fmt: skip
    assert by_township["total"]["completeness"] == pytest.approx(2.5 / 3)
    assert [one["id"] for one in (await _read(district, area="11"))["items"]] == ["s-1"]
    assert (await _read(district, area="12"))["total"] == {
        "sites": 0, "series": 0, "unheard": 0, "expected_ms": 0, "usable_ms": 0, "completeness": None,
    }  # fmt: skip
    assert (await _read(district, quantity="tvoc"))["total"]["series"] == 1
    await _make(district)
    assert (await _read(district, quantity="pm2_5_cf1"))["total"]["completeness"] == 0.75


async def test_pages_go_on_behind_the_last_site_and_each_has_the_total(district: District) -> None:
    await district.admin("POST", "sites", {"id": "s-2", "name": "Gate", "latitude": 31.2, "longitude": 121.5})
    await district.add_node("n-2", site="s-2")
    at(district, 2)
    first = await _read(district, limit=1)
    second = await _read(district, limit=1, cursor=first["next"])
    assert ([one["id"] for one in first["items"] + second["items"]], second["next"]) == (["s-1", "s-2"], None)
    assert first["total"] == second["total"] and first["total"]["unheard"] == 2


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"area": "nowhere"}, 404), ({"quantity": "smell"}, 422), ({"by": "street"}, 422), ({"from_ms": START_MS, "to_ms": START_MS}, 422),
        ({"from_ms": 0, "to_ms": START_MS}, 422), ({"from_ms": START_MS + HOUR_MS}, 422),
    ],
)  # fmt: skip
async def test_what_cannot_be_answered_is_refused(district: District, query: dict[str, Any], status: int) -> None:
    assert (await district.admin("GET", "completeness", **query)).status_code == status


async def test_more_than_is_made_at_once_has_to_wait(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    await district.ingest(*_minutes("n-1", 0, 60))
    # Over, but not made yet: what comes usually may still come.
    district.time.now_ms = START_MS + HOUR_MS + 60_000
    monkeypatch.setattr(reading, "MOST_LIVE", 0)
    response = await district.admin("GET", "completeness", from_ms=START_MS)
    assert (response.status_code, response.headers["retry-after"]) == (503, str(reading.RETRY_AFTER_S))
    await _make(district)
    assert (await _read(district))["total"]["completeness"] == 1
