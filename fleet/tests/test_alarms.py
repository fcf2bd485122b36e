"""Alarms and events of the district: each alarm once from its raise to its clear, in whatever order its phases come; in units and words."""

from itertools import permutations
from typing import Any

import pytest

from fleet.record import event_texts
from fleet.tests.district import START_MS, District, event

SINCE_MS = START_MS + 60_000
JUDGED = {"at_ms": SINCE_MS + 5000, "value": 15420, "limit": 15000, "scale": 100, "unit": "ug/m3", "window_ms": 600_000,
          "share": 100, "n": 60, "extrapolated": 0, "calibrations": [["cal-1", 2]]}  # fmt: skip
CLEARED = {"why": "condition", "value": 9000, "at_ms": SINCE_MS + 900_000}


def phase(seq: int, name: str, since_ms: int = SINCE_MS, **more: Any) -> dict[str, Any]:
    particulars = {
        "rule": "pm25-high",
        "version": 4,
        "phase": name,
        "since_ms": since_ms,
        "node": "n-1",
        "slot": 0,
        "quantity": "pm2_5_atm",
    }
    stated = {"severity": "alarm", **JUDGED} if name in ("raise", "clear") else {}
    whole = {**particulars, **stated, **(CLEARED if name == "clear" else {}), **more}
    return event(seq, "alarm", whole, node="g-1")


RAISE, CLEAR = phase(1, "raise"), phase(4, "clear")
NO_DATA, DATA = phase(2, "no_data", last_ms=SINCE_MS + 300_000), phase(3, "data", at_ms=SINCE_MS + 600_000)


async def alarms(district: District, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await district.read("alarms", **query))["items"]
    return found


async def test_an_alarm_that_was_raised_is_open_in_units_and_words(district: District) -> None:
    await district.ingest(RAISE)
    (alarm,) = await alarms(district)
    expected = {"state": "open", "rule": "pm25-high", "rule_version": 4, "severity": "alarm", "site": "s-1", "gateway": "g-1",
                "node": "n-1", "slot": 0, "quantity": "pm2_5_atm", "since_ms": SINCE_MS, "raised_ms": SINCE_MS + 5000, "until_ms": None,
                "data_missing_since_ms": None, "value": 154.2, "threshold": 150.0, "unit": "ug/m3", "window_s": 600.0}  # fmt: skip
    assert expected.items() <= alarm.items()
    assert alarm["text"] == {"zh-CN": "n-1 PM2.5：154.2 µg/m³，限值 150 µg/m³", "en": "PM2.5 at n-1: 154.2 µg/m³, limit 150 µg/m³"}
    assert alarm["severity_name"] == {"zh-CN": "告警", "en": "alarm"}


@pytest.mark.parametrize(
    "order", list(permutations((RAISE, NO_DATA, DATA, CLEAR))), ids=lambda order: "-".join(one["body"]["a"]["phase"] for one in order)
)
async def test_the_order_in_which_phases_arrive_makes_no_difference(district: District, order: tuple[dict[str, Any], ...]) -> None:
    for one in order:
        await district.ingest(one)
    (alarm,) = await alarms(district)
    assert (alarm["state"], alarm["until_ms"], alarm["ended_by"]) == ("past", SINCE_MS + 900_000, "condition")
    assert (alarm["value"], alarm["last_value"], alarm["raised_ms"]) == (154.2, 90.0, SINCE_MS + 5000)
    assert alarm["ended_by_name"]["en"] == "values are back to normal"


async def test_an_open_alarm_says_since_when_its_data_are_missing(district: District) -> None:
    await district.ingest(RAISE, NO_DATA)
    assert [alarm["data_missing_since_ms"] for alarm in await alarms(district, state="open")] == [SINCE_MS + 300_000]
    await district.ingest(DATA)
    assert [alarm["data_missing_since_ms"] for alarm in await alarms(district, state="open")] == [None]


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))), ids=str)
async def test_an_alarm_that_is_raised_anew_ends_the_older_ones(district: District, order: tuple[int, ...]) -> None:
    for seq in order:
        await district.ingest(phase(seq, "raise", SINCE_MS + seq * 1000))
    newest, *older = await alarms(district)
    assert (newest["state"], newest["since_ms"]) == ("open", SINCE_MS + 3000)
    assert [(one["ended_by"], one["until_ms"] - SINCE_MS) for one in older] == [("superseded", 3000), ("superseded", 2000)]


async def test_an_alarm_without_judgement_names_its_rule(district: District) -> None:
    bare = {
        "rule": "r-1",
        "version": 1,
        "phase": "clear",
        "since_ms": SINCE_MS,
        "node": "",
        "slot": -1,
        "quantity": "",
        "why": "rule_changed",
    }
    await district.ingest(event(1, "alarm", bare, node="g-1"))
    (alarm,) = await alarms(district)
    assert (alarm["node"], alarm["slot"], alarm["quantity"], alarm["value"], alarm["site"]) == (None, None, None, None, "s-1")
    assert alarm["text"]["en"] == "site s-1 (rule r-1)" and alarm["until_ms"] == SINCE_MS


@pytest.mark.parametrize(
    "particulars",
    [
        {},
        {"rule": 1},
        {"phase": "boom"},
        {"since_ms": -1},
        {"scale": 0},
        {"value": "high"},
        {"slot": 99},
        {"rule": "a\x00b"},
        {"rule": "x" * 41},
    ],
    ids=str,
)
async def test_what_has_not_the_form_of_an_alarm_is_an_event_only(district: District, particulars: dict[str, Any]) -> None:
    whole = {**phase(1, "raise")["body"]["a"], **particulars} if particulars else {}
    await district.ingest(event(1, "alarm", whole, node="g-1"))
    assert await alarms(district) == []
    assert [one["kind"] for one in (await district.read("events"))["items"]] == ["alarm"]


async def test_a_node_raises_no_alarm_under_its_own_name(district: District) -> None:
    await district.ingest({**phase(1, "raise"), "node": "n-1"})
    assert await alarms(district) == []


FILTERS: list[tuple[dict[str, Any], list[int]]] = [
    ({}, [2, 1, 0]),
    ({"state": "open"}, [2, 1]),
    ({"state": "past"}, [0]),
    ({"node": "n-2"}, [1]),
    ({"site": "s-1"}, [2, 1, 0]),
    ({"site": "s-9"}, []),
    ({"gateway": "g-1"}, [2, 1, 0]),
    ({"severity": "warning"}, [2]),
    ({"rule": "pm25-high"}, [1, 0]),
    ({"from_ms": SINCE_MS + 1_000_000}, [2, 1]),  # the past one had ended before
    ({"to_ms": SINCE_MS + 1}, [0]),
    ({"from": "2027-01-15T16:01:00+08:00", "to": "2027-01-15T08:01:00.001Z"}, [0]),
]


@pytest.mark.parametrize(("query", "expected"), FILTERS, ids=str)
async def test_alarms_are_found_by_what_they_are_about(district: District, query: dict[str, Any], expected: list[int]) -> None:
    await district.add_node("n-2")
    await district.ingest(
        phase(1, "raise"),
        phase(2, "clear"),
        phase(3, "raise", SINCE_MS + 1000, node="n-2"),
        phase(4, "raise", SINCE_MS + 2000, rule="other", severity="warning"),
    )
    assert [(alarm["since_ms"] - SINCE_MS) // 1000 for alarm in await alarms(district, **query)] == expected


async def test_pages_neither_repeat_nor_skip_while_alarms_come(district: District) -> None:
    await district.ingest(*(phase(seq, "raise", SINCE_MS + seq // 2, rule=f"r-{seq}") for seq in range(7)))
    seen, cursor = [], None
    while True:
        page = await district.read("alarms", limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [alarm["rule"] for alarm in page["items"]]
        await district.ingest(phase(20 + len(seen), "raise", SINCE_MS + 100 + len(seen), rule="new"))
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [f"r-{seq}" for seq in (6, 5, 4, 3, 2, 1, 0)]


@pytest.mark.parametrize("cursor", ["", "x", "1", "1.2.3", "-1.2", "1.99999999999999999", "1.²"])
async def test_a_cursor_of_another_form_is_refused(district: District, cursor: str) -> None:
    response = await district.admin("GET", "alarms", cursor=cursor)
    assert response.status_code == 422 and response.json()["faults"][0]["path"] == "cursor"


@pytest.mark.parametrize(
    ("quantity", "value", "threshold", "unit", "said"),
    [
        ("pm2_5_atm", 249.38, 150.0, "ug/m3", "249.4 µg/m³, limit 150 µg/m³"),
        ("co2", 1499.6, 1000.0, "ppm", "1500 ppm, limit 1000 ppm"),
        ("pm2_5_atm", 0.054, 0.05, "ug/m3", "0.05 µg/m³, limit 0.05 µg/m³"),
        ("pm2_5_atm", 63.4, 60.0, "s", "63 s, limit 60 s"),
    ],
)
def test_a_text_has_the_decimals_of_the_pages_or_of_the_limit(quantity: str, value: float, threshold: float, unit: str, said: str) -> None:
    assert event_texts.of_alarm(event_texts.Judgement("r", "n-1", "s-1", quantity, value, threshold, unit))["en"].endswith(said)


async def handled(district: District, alarm: int, act: str, **body: Any) -> dict[str, Any]:
    response = await district.admin("POST", f"alarms/{alarm}/{act}", body)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def test_an_alarm_is_handled_step_by_step_and_says_who_did_what(district: District) -> None:
    await district.ingest(RAISE)
    (alarm,) = await alarms(district, handling="raised")
    district.time.now_ms = START_MS + 5
    await handled(district, alarm["id"], "acknowledgement", note="I go there")
    await handled(district, alarm["id"], "assignment", to="li.na")
    assert [one["id"] for one in await alarms(district, assignee="li.na", handling="assigned")] == [alarm["id"]]
    assert await alarms(district, assignee="ada") == []
    await handled(district, alarm["id"], "resolution", note="the sprinklers run again")
    done = await handled(district, alarm["id"], "comments", note="new pump ordered")
    assert [(one["kind"], one["who"], one["state"], one["assignee"], one["text"]) for one in done["steps"]] == [
        ("raised", "", "raised", "", ""),
        ("acknowledged", "ada", "acknowledged", "", "I go there"),
        ("assigned", "ada", "assigned", "li.na", ""),
        ("resolved", "ada", "resolved", "li.na", "the sprinklers run again"),
        ("commented", "ada", "resolved", "li.na", "new pump ordered"),
    ]
    assert [one["at_ms"] for one in done["steps"]] == [START_MS, *[START_MS + 5] * 4]
    assert (done["alarm"]["handling"], done["possible"]) == ("resolved", ["commented", "reopened"])
    again = await handled(district, alarm["id"], "reopening", note="it smells again")
    assert (again["alarm"]["handling"], again["alarm"]["assignee"]) == ("raised", "")


async def test_an_alarm_that_its_gateway_ends_is_resolved_by_its_source(district: District) -> None:
    await district.ingest(RAISE)
    (alarm,) = await alarms(district)
    await handled(district, alarm["id"], "assignment", to="li.na")
    await district.ingest(CLEAR, CLEAR)
    found = await district.read(f"alarms/{alarm['id']}")
    assert [(one["kind"], one["who"]) for one in found["steps"]] == [("raised", ""), ("assigned", "ada"), ("ended", "")]
    assert (found["alarm"]["handling"], found["alarm"]["assignee"], found["alarm"]["state"]) == ("resolved", "li.na", "past")


@pytest.mark.parametrize("news", ["another alarm", "a retirement"])
async def test_an_alarm_that_was_reopened_after_its_end_stays_so_whatever_comes_of_others(district: District, news: str) -> None:
    await district.ingest(RAISE, CLEAR)
    (alarm,) = await alarms(district)
    await handled(district, alarm["id"], "reopening", note="it smells again")
    if news == "a retirement":
        await district.admin("POST", "nodes/n-1/retirement", {"reason": "r"})
    else:
        await district.ingest(phase(7, "raise", SINCE_MS + 3_600_000), phase(8, "clear", SINCE_MS + 3_600_000))
    found = await district.read(f"alarms/{alarm['id']}")
    assert [one["kind"] for one in found["steps"]] == ["raised", "ended", "reopened"]


async def test_an_alarm_that_a_person_resolved_is_past_when_its_gateway_says_so_and_gets_no_other_step(district: District) -> None:
    await district.ingest(RAISE)
    (alarm,) = await alarms(district)
    await handled(district, alarm["id"], "resolution", note="done")
    await district.ingest(CLEAR)
    found = await district.read(f"alarms/{alarm['id']}")
    assert [one["kind"] for one in found["steps"]] == ["raised", "resolved"] and found["alarm"]["state"] == "past"


async def test_a_retired_node_ends_its_alarms_as_their_source(district: District) -> None:
    await district.ingest(RAISE)
    await district.admin("POST", "nodes/n-1/retirement", {"reason": "gone"})
    (alarm,) = await alarms(district)
    assert (alarm["ended_by"], alarm["handling"]) == ("retired", "resolved")


@pytest.mark.parametrize(("act", "body"), [("resolution", {"note": "x"}), ("acknowledgement", {}), ("assignment", {"to": "bo"})])
async def test_a_step_that_is_not_possible_is_refused_and_says_what_is(district: District, act: str, body: dict[str, Any]) -> None:
    await district.ingest(RAISE, CLEAR)
    (alarm,) = await alarms(district)
    response = await district.admin("POST", f"alarms/{alarm['id']}/{act}", body)
    assert response.status_code == 409
    assert response.json()["detail"] == f"alarm {alarm['id']} is resolved: it can be commented, reopened"
    assert len((await district.read(f"alarms/{alarm['id']}"))["steps"]) == 2


async def test_alarms_are_found_by_the_area_of_their_site(district: District) -> None:
    for level, id_, parent in (("district", "51", None), ("township", "5101", "51"), ("township", "5102", "51")):
        await district.admin("POST", "areas", {"id": id_, "level": level, "parent": parent, "name_zh": "区", "name_en": "Area"})
    for level, id_, parent in (("community", "510101", "5101"), ("cell", "51010101", "510101")):
        await district.admin("POST", "areas", {"id": id_, "level": level, "parent": parent, "name_zh": "格", "name_en": "Cell"})
    await district.admin("PATCH", "sites/s-1", {"area": "51010101", "reason": "its cell"})
    await district.ingest(RAISE)
    assert [len(await alarms(district, under=area)) for area in ("51", "5101", "51010101", "5102")] == [1, 1, 1, 0]
    assert (await district.admin("GET", "alarms", under="9")).status_code == 404
