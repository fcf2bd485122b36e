"""What happened in the district, by time: found by what it is about, in words and units."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract.site import event_names
from fleet.pages import language
from fleet.pages.event_particulars import particulars
from fleet.pages.wording import Wording
from fleet.record import event_list
from fleet.record.event_list import Event
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
    assert (found["node"], found["site"]) == ({"": None}.get(named, "g-1"), "s-1")


async def test_nobody_reports_about_what_it_does_not_deliver_for(district: District) -> None:
    other = await district.add_gateway("g-2")
    await district.add_node("n-2", gateway="g-2")
    raised = {"rule": "r", "version": 1, "phase": "raise", "since_ms": START_MS, "slot": 0, "quantity": "pm2_5_atm", "node": "n-2"}
    await district.ingest(event(1, "link", {"node": "n-2"}), event(2, "alarm", raised), event(3, "alarm", raised, node="g-1"))
    assert await events(district, node="n-2") == []
    assert (await district.read("alarms"))["items"] == []
    assert [(one["node"], one["reported_by"]) for one in await events(district)] == [("g-1", "g-1"), ("n-1", "n-1"), ("n-1", "n-1")]
    await district.ingest(event(1, "alarm", raised, node="g-2"), token=other)
    assert [alarm["node"] for alarm in (await district.read("alarms"))["items"]] == ["n-2"]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda part: st.lists(part, max_size=9) | st.dictionaries(st.text(max_size=8), part, max_size=4),
    max_leaves=12,
)
_KEYS = sorted({*event_names.EVENTS, "alarm", "summary", "brewed"})
_PARTICULARS = st.dictionaries(
    st.sampled_from(["ch", "why", "value", "limit", "scale", "phase", "rule", "c", "x"]) | st.text(max_size=8),
    _JSON | st.lists(st.lists(_JSON, min_size=6, max_size=9), max_size=3),
    max_size=5,
)


@given(st.sampled_from(_KEYS), _PARTICULARS)
@example("summary", {"ch": [[0, [], 0, 1, 1, 1], [0, 2, {}, 1, 1, 1], [0, 2, 0, 1, 1, 1, "x", 1, 1], [True, 2, 0, 1, 1, 1]]})
@example("dropped", {"why": []})
@example("alarm", {"phase": {}, "scale": True, "value": True})
def test_every_event_can_be_shown_whatever_its_particulars(key: str, found: dict[str, Any]) -> None:
    shown = event_list.readable(key, found)
    whole = Event(key, {"zh-CN": "", "en": ""}, "n-1", "n-1", "s-1", "g-1", 0, 0, "node", 0, "b", 0, shown)
    for code, _ in language.NAMES:
        wording = Wording(code, language.translations(code).gettext)
        assert all(isinstance(text, str) for text in particulars(wording)(whole))


LINES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "as many decimals as pages show": (
        {"value": 3718, "limit": 3000, "scale": 100, "unit": "ug/m3", "quantity": "pm2_5_atm"},
        ["value 37.2 µg/m³", "limit 30 µg/m³"],
    ),
    "as many as the limit has": (
        {"value": 3718, "limit": 3717, "scale": 100, "unit": "ug/m3", "quantity": "pm2_5_atm"},
        ["value 37.18 µg/m³", "limit 37.17 µg/m³"],
    ),
    "seconds": ({"value": 905, "limit": 600, "scale": 1, "unit": "s"}, ["value 905 s", "limit 600 s"]),
    "what is no number": ({"value": "much", "limit": 5}, ["value much", "limit 5"]),
}


@pytest.mark.parametrize(("found", "shown"), LINES.values(), ids=LINES.keys())
def test_a_line_has_the_numbers_that_the_sentence_of_the_alarm_has(found: dict[str, Any], shown: list[str]) -> None:
    whole = Event(
        "alarm", {"zh-CN": "", "en": ""}, "n-1", "g-1", "s-1", "g-1", 0, 0, "node", 0, "b", 0, event_list.readable("alarm", found)
    )
    assert particulars(Wording("en", language.translations("en").gettext))(whole) == shown


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
