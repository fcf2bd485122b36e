"""What a new desired document changes, and which sources must prove it."""

from typing import Any

import pytest

from gateway.desired.plan import Change, plan
from gateway.tests.site import desired_node

_OLD: dict[str, Any] = {
    "gateway": "g-01",
    "version": 1,
    "settings": {"x": 1},
    "rules": [{"id": "dust", "node": "n-1"}],
    "calibrations": [{"id": "c-1", "node": "n-2", "version": 1}],
    "nodes": [desired_node("n-1", 3), desired_node("n-2", 4, period_ms=60_000)],
}

_ROOF = {"source": "roof", "kind": "modbus", "port": "a", "period_ms": 90_000, "instruments": [{"slot": 0, "part": "xy_md02"}]}
_GRIMM = {"source": "grimm", "kind": "bayern_hessen", "port": "d", "slot": 2, "channels": [{"id": 22, "quantity": "pm2_5_mass"}]}
_BAM = {"source": "bam", "kind": "bam1020", "port": "b", "slot": 1, "quantity": "pm2_5_mass"}

# name: (what differs, the changes, the affected sources, the longest period)
_CASES: dict[str, tuple[dict[str, Any], dict[str, Change], dict[str, int], int]] = {
    "nothing but the version": ({"version": 2}, {}, {}, 0),
    "a node more": (
        {"nodes": [*_OLD["nodes"], desired_node("n-3")]},
        {"nodes": Change(("n-3",), (), ())},
        {},
        0,
    ),
    "a node less": ({"nodes": [desired_node("n-1", 3)]}, {"nodes": Change((), (), ("n-2",))}, {}, 0),
    "newer settings of a node": (
        {"nodes": [desired_node("n-1", 5, period_ms=30_000), _OLD["nodes"][1]]},
        {"nodes": Change((), ("n-1",), ())},
        {"n-1": 5},
        30_000,
    ),
    "a calibration of a node": (
        {"calibrations": [{"id": "c-1", "node": "n-2", "version": 2}]},
        {"calibrations": Change((), ("c-1",), ())},
        {"n-2": 0},
        60_000,
    ),
    "a rule that moves to another node": (
        {"rules": [{"id": "dust", "node": "n-2"}]},
        {"rules": Change((), ("dust",), ())},
        {"n-1": 0, "n-2": 0},
        60_000,
    ),
    "a rule of the whole site": (
        {"rules": [_OLD["rules"][0], {"id": "all"}]},
        {"rules": Change(("all",), (), ())},
        {"n-1": 0, "n-2": 0},
        60_000,
    ),
    "an instrument of the gateway": (
        {"sources": [_ROOF]},
        {"sources": Change(("roof",), (), ())},
        {"g-01 slot 0": 0},
        90_000,
    ),
    "a monitor of hours and a receiver, which report too seldom to prove anything": (
        {"sources": [_BAM, {"source": "car", "kind": "gps", "port": "c"}]},
        {"sources": Change(("bam", "car"), (), ())},
        {},
        0,
    ),
    "a calibration of an instrument": (
        {"sources": [_GRIMM], "calibrations": [*_OLD["calibrations"], {"id": "c-2", "node": "g-01", "slot": 2, "version": 1}]},
        {"sources": Change(("grimm",), (), ()), "calibrations": Change(("c-2",), (), ())},
        {"g-01 slot 2": 0},
        60_000,
    ),
    "nodes on a wire": (
        {"sources": [{"source": "bus", "kind": "nodes", "nodes": [{"node": "n-2", "address": 2}]}]},
        {"sources": Change(("bus",), (), ())},
        {"n-2": 0},
        60_000,
    ),
    "a setting of the gateway": ({"settings": {"y": 1}}, {"settings": Change(("y",), (), ("x",))}, {}, 0),
}


@pytest.mark.parametrize("case", _CASES.values(), ids=_CASES.keys())
def test_a_plan_names_what_changes_and_whom_it_touches(
    case: tuple[dict[str, Any], dict[str, Change], dict[str, int], int],
) -> None:
    made = plan(_OLD, _OLD | case[0])
    assert (made.changes, made.affected, made.period_ms) == case[1:]


def test_the_first_document_adds_everything_and_nobody_has_to_prove_it() -> None:
    made = plan(None, _OLD)
    assert list(made.changes) == ["nodes", "calibrations", "rules", "settings"], "in the order in which they are applied"
    assert made.changes["nodes"] == Change(("n-1", "n-2"), (), ())


def test_an_instrument_that_is_taken_away_owes_nothing() -> None:
    made = plan(_OLD | {"sources": [_ROOF, _GRIMM]}, _OLD | {"sources": [_GRIMM]})
    assert (made.changes, made.affected) == ({"sources": Change((), (), ("roof",))}, {})


def test_each_instrument_of_a_changed_source_owes_for_itself_and_one_that_is_new_is_told_apart() -> None:
    more = [{"slot": 0, "part": "xy_md02"}, {"slot": 5, "part": "xy_md02", "address": 2}]
    old = _OLD | {"sources": [_ROOF, _GRIMM]}
    made = plan(old, old | {"sources": [_ROOF | {"instruments": more}, _GRIMM]})
    assert (made.affected, made.fresh) == ({"g-01 slot 0": 0, "g-01 slot 5": 0}, frozenset({"g-01 slot 5"})), "and the other source nothing"


@pytest.mark.parametrize(
    ("of", "owed"),
    [
        ({"rules": [{"id": "dust", "nodes": ["g-01"]}]}, {"g-01 slot 0": 0, "g-01 slot 2": 0}),
        ({"rules": [{"id": "dust", "nodes": ["g-01"], "slot": 2}]}, {"g-01 slot 2": 0}),
        ({"calibrations": [{"id": "c-1", "node": "g-01", "slot": 0, "version": 2}]}, {"g-01 slot 0": 0}),
    ],
    ids=["a rule for the gateway", "a rule for one slot of it", "a calibration"],
)
def test_what_names_the_gateway_touches_the_slots_that_it_is_about(of: dict[str, Any], owed: dict[str, int]) -> None:
    old = {**_OLD, "rules": [], "calibrations": [], "sources": [_ROOF, _GRIMM]}
    made = plan(old, old | of)
    assert (made.affected, made.fresh) == (owed, frozenset())


# name: (sources, what has to prove a rule of the whole site)
_REPORTING = {
    "an instrument": ([_ROOF], {"g-01 slot 0", "n-1", "n-2"}),
    "a monitor of hours": ([_BAM], {"n-1", "n-2"}),
}


@pytest.mark.parametrize("case", _REPORTING.values(), ids=_REPORTING.keys())
def test_the_gateway_proves_a_rule_of_the_whole_site_when_a_report_of_its_own_comes_in_time(
    case: tuple[list[dict[str, Any]], set[str]],
) -> None:
    old = _OLD | {"sources": case[0]}
    assert set(plan(old, old | {"rules": [{"id": "all"}]}).affected) == case[1]
