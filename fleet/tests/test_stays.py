"""A node that goes to another gateway and stays where it is: one window of its values, one line, one mean of a step and of an hour."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection

from contract import quantities
from fleet.record import chart_means, hour_means, windows
from fleet.record.chart_means import Steps
from fleet.tests.district import START_MS, District, report
from fleet.tests.things import HOUR_MS, add_site, at, done, measured

T = TypeVar("T")
_CODE = quantities.ID["pm2_5_cf1"]


def _read(district: District, work: Callable[[Connection], T]) -> T:
    return district.service.people.read_here(work)


def _hours(district: District, *nodes: str) -> dict[str, list[float]]:
    found = _read(district, lambda connection: hour_means.of_dust(connection, list(nodes), district.time.now_ms))
    return {node: [round(one.mean, 3) for one in means] for node, means in found.items()}


def _chart(district: District, nodes: list[str], step_ms: int) -> dict[str, dict[float, float]]:
    """By node, hours after START_MS of each step and its mean."""
    steps = Steps(START_MS, START_MS + 6 * HOUR_MS, step_ms)
    means = _read(district, lambda connection: chart_means.read(connection, "pm2_5_cf1", nodes, 24, steps))
    return {node: {(ms - START_MS) / HOUR_MS: round(mean, 3) for ms, mean in line.items()} for (node, _), line in means.lines.items()}


def _windows(district: District, node: str) -> list[tuple[str, float, float | None]]:
    def span(ms: int | None) -> float | None:
        return None if ms is None else (ms - START_MS) / HOUR_MS if ms else 0

    found = _read(district, lambda connection: windows.of_node(connection, node, _CODE, None))
    return [(window.node, span(window.from_ms) or 0, span(window.to_ms)) for window in found]


async def _deliver(district: District, node: str, begin_h: float, end_h: float, value: int, token: str | None = None) -> None:
    """A report of 10 s every 10 s, of what the hour's mean is made of. value: in ug/m3."""
    code, numbers = quantities.ID[hour_means.DUST[0]], range(round(begin_h * 360), round(end_h * 360))
    scaled = value * quantities.scale(code)
    await district.ingest(*[report(number, [[0, code, 0, 1, scaled, scaled, scaled]], node=node) for number in numbers], token=token)


async def test_an_hour_within_which_a_node_went_to_another_gateway_has_one_mean(district: District) -> None:
    token = await district.add_gateway("g-2")
    await _deliver(district, "n-1", 1, 1.5, 10)
    at(district, 1.5)
    await done(district, "PATCH", "nodes/n-1", gateway="g-2")
    await _deliver(district, "n-1", 1.5, 2, 30, token)
    at(district, 2)
    assert _hours(district, "n-1") == {"n-1": [20.0]}
    await done(district, "PATCH", "nodes/n-1", gateway="g-1")
    assert _hours(district, "n-1") == {"n-1": [20.0]}


async def test_a_sensor_that_is_newer_than_the_hour_has_no_mean_of_it_whatever_gateway_it_goes_to(district: District) -> None:
    token = await district.add_gateway("g-2")
    await _deliver(district, "n-1", 0, 1.5, 10)
    at(district, 1.5)
    await district.add_node("n-2", replaces="n-1")
    await _deliver(district, "n-2", 1.5, 1.75, 30)
    at(district, 1.75)
    await done(district, "PATCH", "nodes/n-2", gateway="g-2")
    await _deliver(district, "n-2", 1.75, 2.4, 30, token)
    at(district, 2.4)
    assert _hours(district, "n-1", "n-2") == {}
    await _deliver(district, "n-2", 2.4, 2.5, 30, token)
    at(district, 2.5)
    assert _hours(district, "n-1", "n-2") == {"n-2": [30.0]}


async def test_the_line_of_a_node_goes_on_from_gateway_to_gateway_and_a_step_has_one_mean(district: District) -> None:
    token = await district.add_gateway("g-2")
    await district.ingest(measured("n-1", 0.5, 8), measured("n-1", 1.1, 10), measured("n-1", 1.2, 10), measured("n-1", 1.3, 10))
    at(district, 1.5)
    await done(district, "PATCH", "nodes/n-1", gateway="g-2")
    await district.ingest(measured("n-1", 1.6, 30), measured("n-1", 2.5, 40), token=token)
    expected = {"n-1": {0.0: 8.0, 1.0: 15.0, 2.0: 40.0}}
    assert [_chart(district, [], HOUR_MS), _chart(district, ["n-1"], HOUR_MS)] == [expected] * 2
    assert _windows(district, "n-1") == [("n-1", 0, None)]


async def test_a_step_in_which_a_node_went_to_another_site_has_one_mean_too(district: District) -> None:
    await add_site(district, "s-2")
    await district.ingest(measured("n-1", 1.1, 10), measured("n-1", 1.2, 10), measured("n-1", 1.3, 10))
    at(district, 1.5)
    await done(district, "PATCH", "nodes/n-1", site="s-2")
    await district.ingest(measured("n-1", 1.6, 30), measured("n-1", 2.5, 40))
    assert _chart(district, ["n-1"], HOUR_MS) == {"n-1": {1.0: 15.0, 2.0: 40.0}}
    assert _chart(district, [], HOUR_MS) == {"n-1": {1.0: 30.0, 2.0: 40.0}}, "the district shows what is where it is"


async def test_another_node_in_the_place_and_a_return_are_stays_of_their_own(district: District) -> None:
    await district.add_gateway("g-2")
    await add_site(district, "s-2")
    await district.ingest(measured("n-1", 0.5, 10))
    at(district, 1)
    await done(district, "PATCH", "nodes/n-1", gateway="g-2")
    at(district, 2)
    await done(district, "PATCH", "nodes/n-1", gateway="g-1")
    at(district, 3)
    await district.add_node("n-2", replaces="n-1")
    await district.ingest(measured("n-2", 3.5, 20))
    at(district, 4)
    await done(district, "PATCH", "nodes/n-2", gateway="g-2")
    assert (_windows(district, "n-1"), _windows(district, "n-2")) == ([("n-1", 0, 3)], [("n-2", 3, None)])
    found: Any = await district.read("sites/s-1/series", quantity="pm2_5_cf1", from_ms=0, to_ms=START_MS + 9 * HOUR_MS)
    (position,) = found["positions"]
    assert [(one["node"], one["to_ms"] and (one["to_ms"] - START_MS) // HOUR_MS) for one in position["occupants"]] == [
        ("n-1", 3), ("n-2", None),
    ]  # fmt: skip
    assert [point["value"] for point in position["points"]] == [10.0, 20.0]
