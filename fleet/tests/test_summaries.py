"""Summaries of thinned reports: values for the node's series, an event for the detail, and a ledger that shows what will not come."""

from typing import Any

import pytest

from contract import quality, quantities
from fleet.tests.district import BOOT, PM2_5, START_MS, TVOC, District, event, report

_STATION_BOOT = "00000001cccccccc"
_HOUR_MS = 3_600_000


def _summary(**more: Any) -> dict[str, Any]:
    rows = [
        [0, PM2_5, quality.OK, 300, 3_000_000, 3000, 1234, 1200, 1300],
        [0, PM2_5, quality.WARMING_UP, 60, 600_000, 600, 9999, 9000, 9999],
        [1, TVOC, quality.NO_REPLY, 360, _HOUR_MS, 0],
    ]
    whole = {"node": "n-1", "boot": BOOT, "from": 1, "to": 360, "reports": 360, "uptime_ms": 10_000, "start_ms": START_MS}
    return {**whole, "error_ms": 25, "duration_ms": _HOUR_MS, "ch": rows, **more}


async def _with_station(district: District) -> None:
    await district.add_node("g-1")


def _summary_event(seq: int, particulars: dict[str, Any], node: str = "g-1") -> dict[str, Any]:
    return event(seq, "summary", particulars, node=node, boot=_STATION_BOOT)


async def _points(district: District, quantity: str, **query: Any) -> list[dict[str, Any]]:
    span = {"from_ms": START_MS - 1, "to_ms": START_MS + 48 * _HOUR_MS}
    points: list[dict[str, Any]] = (await district.read("nodes/n-1/series", quantity=quantity, **span, **query))["points"]
    return points


async def test_a_summary_gives_one_value_a_channel_to_the_node_it_is_about(district: District) -> None:
    await _with_station(district)
    assert await district.statuses(_summary_event(0, _summary())) == ["accepted"]
    assert await district.statuses(_summary_event(0, _summary())) == ["duplicate"]
    (dust,) = await _points(district, quantities.key(PM2_5))
    assert (dust["n"], dust["quality"], dust["start_ms"], dust["duration_ms"], dust["error_ms"]) == (3000, "ok", START_MS, _HOUR_MS, 25)
    (voc,) = await _points(district, "tvoc")
    assert (voc["value"], voc["quality"]) == (None, "no_reply")


async def test_what_was_thinned_is_dropped_for_a_reason_and_not_missing(district: District) -> None:
    await _with_station(district)
    await district.statuses(report(361))
    gone = [{"node": "n-1", "boot": BOOT, "from": 0, "to": 360, "why": "thinned"}]
    await district.statuses(_summary_event(0, _summary()), dropped=gone)
    (boot,) = await district.boots()
    assert boot["missing"] == []
    assert boot["dropped"] == [{"from": 0, "to": 360, "why": "thinned"}]
    longer = [{"node": "n-1", "boot": BOOT, "from": 0, "to": 360, "why": "thinned"}, {**gone[0], "to": 300}]
    await district.statuses(_summary_event(1, _summary()), dropped=longer)
    assert (await district.boots())[0]["missing"] == []


async def test_a_summary_of_a_day_counts_in_both_days_that_it_covers(district: District) -> None:
    await _with_station(district)
    await district.statuses(_summary_event(0, _summary(duration_ms=24 * _HOUR_MS)))
    buckets = await _points(district, "tvoc", step_ms=24 * _HOUR_MS)
    # From 16:00 of one day to 16:00 of the next, by the clock of the district.
    assert [(bucket["quality"], bucket["shares"]) for bucket in buckets] == [
        ("no_reply", {"no_reply": round(8 / 24, 6)}), ("no_reply", {"no_reply": round(16 / 24, 6)}), ("not_measured", {}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("particulars", "node"),
    [(_summary(), "n-1"), (_summary(node="n-9"), "g-1"), (_summary(ch=[[0, 0]]), "g-1"), ({}, "g-1")],
    ids=["sent by a node", "about an unknown node", "with a bad row", "empty"],
)
async def test_a_summary_that_may_not_be_gives_no_value_and_is_kept_as_an_event(
    district: District, particulars: dict[str, Any], node: str
) -> None:
    await _with_station(district)
    assert await district.statuses(_summary_event(0, particulars, node)) == ["accepted"]
    assert await _points(district, "tvoc") == []


async def test_a_gateway_cannot_give_values_to_a_node_of_another(district: District) -> None:
    token = await district.add_gateway("g-2")
    await district.add_node("g-2", gateway="g-2")
    assert await district.statuses(_summary_event(0, _summary(), "g-2"), token=token) == ["accepted"]
    assert await _points(district, "tvoc") == []
