"""What happened in the district, by time: found by what it is about, in words and units."""

from typing import Any

import pytest

from fleet.tests.district import LATER_BOOT, START_MS, District, event, report


async def events(district: District, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await district.read("events", **query))["items"]
    return found


READABLE: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "a_loss_with_its_reason_in_words": (
        "dropped",
        {"from": 4, "to": 9, "why": "ram_full"},
        {"from": 4, "to": 9, "why": "ram_full", "why_name": {"zh-CN": "节点内存已满", "en": "memory of the node full"}},
    ),
    "short_keys_written_out": ("settings_returned", {"c": 7, "why": "no usable value"}, {"settings_version": 7, "why": "no usable value"}),
    "numbers_in_their_unit": (
        "alarm",
        {"value": 3718, "limit": 3000, "scale": 100, "unit": "ug/m3"},
        {"value": 37.18, "limit": 30.0, "unit": "ug/m3"},
    ),
    "a_scale_that_is_none": ("alarm", {"value": 3718, "scale": 0}, {"value": 3718}),
    "a_summary_with_names": (
        "summary",
        {"ch": [[0, 2, 0, 3, 30_000, 3, 1234, 1000, 2000], [1, 2, 2, 1, 10_000, 0], "odd"]},
        {
            "channels": [
                {"slot": 0, "quantity": "pm2_5_cf1", "unit": "ug/m3", "quality": "ok", "periods": 3, "covered_ms": 30_000, "n": 3,
                 "value": 12.34, "min": 10.0, "max": 20.0},
                {"slot": 1, "quantity": "pm2_5_cf1", "unit": "ug/m3", "quality": "no_reply", "periods": 1, "covered_ms": 10_000, "n": 0,
                 "value": None, "min": None, "max": None},
                "odd",
            ]
        },
    ),
    "one_that_nobody_knows_as_it_came": ("brewed", {"k": 1}, {"k": 1}),
}  # fmt: skip


@pytest.mark.parametrize(("key", "particulars", "shown"), READABLE.values(), ids=READABLE.keys())
async def test_an_event_is_shown_in_words_and_units(
    district: District, key: str, particulars: dict[str, Any], shown: dict[str, Any]
) -> None:
    await district.ingest(event(3, key, particulars))
    (found,) = await events(district)
    assert found["particulars"] == shown
    where = {"kind": key, "node": "n-1", "reported_by": "n-1", "site": "s-1", "gateway": "g-1", "seq": 3, "start_ms": START_MS + 30_000}
    assert where.items() <= found.items() and found["name"]["en"] and found["name"]["zh-CN"]


FILTERS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["faster", "alarm_test", "link", "wiring"]),
    ({"kind": "link"}, ["link"]),
    ({"node": "n-1"}, ["faster", "wiring"]),
    ({"node": "g-1"}, ["alarm_test"]),
    ({"gateway": "g-2"}, ["link"]),
    ({"site": "s-2"}, ["link"]),
    ({"from_ms": START_MS + 20_000}, ["faster", "alarm_test", "link"]),
    ({"to_ms": START_MS + 20_000}, ["wiring"]),
    ({"from_ms": START_MS + 20_000, "to_ms": START_MS + 30_000, "node": "n-2"}, ["link"]),
]


@pytest.mark.parametrize(("query", "expected"), FILTERS, ids=str)
async def test_events_are_found_by_what_they_are_about(district: District, query: dict[str, Any], expected: list[str]) -> None:
    await district.admin("POST", "sites", {"id": "s-2", "name": "Gate", "latitude": 31, "longitude": 121})
    other = await district.add_gateway("g-2")
    await district.add_node("n-2", gateway="g-2", site="s-2")
    await district.ingest(event(3, "alarm_test", {}, node="g-1"), event(1, "wiring", {}), event(4, "faster", {}), report(5))
    await district.ingest(event(2, "link", {}, node="n-2"), token=other)
    assert [one["kind"] for one in await events(district, **query)] == expected


async def test_what_a_gateway_reports_of_a_node_is_of_the_place_of_the_node(district: District) -> None:
    await district.admin("POST", "sites", {"id": "s-2", "name": "Gate", "latitude": 31, "longitude": 121})
    await district.add_node("n-2", site="s-2")
    await district.ingest(event(1, "alarm", {"node": "n-2"}, node="g-1"))
    (found,) = await events(district, site="s-2")
    assert (found["node"], found["reported_by"], found["gateway"]) == ("n-2", "g-1", "g-1")


@pytest.mark.parametrize("named", ["", "No Node", 7, "n-9"], ids=repr)
async def test_an_event_has_a_place_whatever_it_names(district: District, named: Any) -> None:
    await district.ingest(event(1, "alarm", {"node": named}, node="g-1"))
    (found,) = await events(district)
    assert (found["node"], found["site"]) == ({"": None, "n-9": "n-9"}.get(named, "g-1"), "s-1")


async def test_an_event_has_the_time_by_which_its_item_is_dated_later(district: District) -> None:
    bounds = {"how": "bounds", "start_ms": START_MS, "error_ms": 9_000_000}
    await district.ingest(event(1, "wiring", {}, boot=LATER_BOOT, **bounds), event(2, "link", {}))
    anchor = {"node": "n-1", "boot": LATER_BOOT, "offset_ms": START_MS + 500_000, "error_ms": 50}
    await district.ingest(anchors=[anchor])
    newest, _ = await events(district)
    assert (newest["kind"], newest["start_ms"], newest["how"]) == ("wiring", START_MS + 510_000, "anchor")


async def test_pages_of_events_neither_repeat_nor_skip(district: District) -> None:
    await district.ingest(*(event(seq, "link", {}, start_ms=START_MS + seq // 3) for seq in range(8)))
    seen, cursor = [], None
    while True:
        page = await district.read("events", limit=3, **({"cursor": cursor} if cursor else {}))
        seen += [one["seq"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == list(range(7, -1, -1))
