"""What a change differs in, key by key, and what it takes away."""

from typing import Any

import pytest

from fleet.configuration.difference import Difference, of_section, of_settings, removed_of_section, removed_sensors

_A = {"slot": 0, "part": "pms5003", "port": 0}
_B = {"slot": 3, "part": "sps30", "port": 1}
_DIFFERENT: dict[str, tuple[dict[str, Any], dict[str, Any], list[tuple[str, Any, Any]], list[str]]] = {
    "nothing": ({"sensors": [_A]}, {"sensors": [_A]}, [], []),
    "a number": ({"period_ms": 1000}, {"period_ms": 2000}, [("period_ms", 1000, 2000)], []),
    "to its default": ({"period_ms": 1000}, {}, [("period_ms", 1000, None)], []),
    "the order of sensors": ({"sensors": [_A, _B]}, {"sensors": [_B, _A]}, [], []),
    "a key of a sensor": ({"sensors": [_A, _B]}, {"sensors": [_A, {**_B, "port": 2}]}, [("sensors[slot 3].port", 1, 2)], []),
    "one sensor less": ({"sensors": [_A, _B]}, {"sensors": [_B]}, [("sensors[slot 0]", _A, None)], ["slot 0 pms5003"]),
    "one sensor more": ({"sensors": [_A]}, {"sensors": [_A, _B]}, [("sensors[slot 3]", None, _B)], []),
    "another part in the slot": (
        {"sensors": [_A]}, {"sensors": [{**_A, "part": "sps30"}]}, [("sensors[slot 0].part", "pms5003", "sps30")], ["slot 0 pms5003"],
    ),
    "all sensors": (
        {"sensors": [_A, _B]}, {},
        [("sensors[slot 0]", _A, None), ("sensors[slot 3]", _B, None)], ["slot 0 pms5003", "slot 3 sps30"],
    ),
    "a profile": (
        {"profiles": {"x": {"line": [9600, 8, "N", 1], "fields": []}}}, {"profiles": {"x": {"line": [4800, 8, "N", 1], "fields": []}}},
        [("profiles.x.line", [9600, 8, "N", 1], [4800, 8, "N", 1])], [],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after", "differences", "removes"), _DIFFERENT.values(), ids=_DIFFERENT.keys())
def test_settings_differ(
    before: dict[str, Any], after: dict[str, Any], differences: list[tuple[str, Any, Any]], removes: list[str]
) -> None:
    assert of_settings(before, after) == [Difference(*one) for one in differences]
    assert removed_sensors(before, after) == removes


def test_entries_of_a_section_are_compared_by_name() -> None:
    before = [{"id": "a", "version": 1, "raise": 5}, {"id": "b", "version": 1}]
    after = [{"id": "c", "version": 1}, {"id": "a", "version": 2, "raise": 5}]
    assert of_section("rules", "id", before, after) == [
        Difference("rules[a].version", 1, 2),
        Difference("rules[b]", {"id": "b", "version": 1}, None),
        Difference("rules[c]", None, {"id": "c", "version": 1}),
    ]
    assert of_section("settings", "", {"trial_s": 60}, {}) == [Difference("settings.trial_s", 60, None)]


_BUS: dict[str, Any] = {
    "source": "roof",
    "kind": "modbus",
    "port": "a",
    "instruments": [{"slot": 0, "part": "xy_md02"}, {"slot": 1, "part": "xy_md02"}],
}
_LINE: dict[str, Any] = {
    "source": "yard",
    "kind": "nodes",
    "port": "b",
    "nodes": [{"node": "n-7", "address": 7}, {"node": "n-8", "address": 8}],
}
_BAM = {"source": "bam", "kind": "bam1020", "port": "c", "slot": 2, "quantity": "pm2_5_mass"}
_GPS = {"source": "car", "kind": "gps", "port": "gps"}
_ALL = [_BUS, _LINE, _BAM, _GPS]
_SOURCES: dict[str, tuple[list[Any], list[str]]] = {
    "nothing": (_ALL, []),
    "a port": ([_BUS, _LINE, _GPS], ["slot 2 bam1020"]),
    "an instrument of a bus": ([{**_BUS, "instruments": _BUS["instruments"][:1]}, _LINE, _BAM, _GPS], ["slot 1 xy_md02"]),
    "a wired node": ([_BUS, {**_LINE, "nodes": _LINE["nodes"][1:]}, _BAM, _GPS], ["wired node n-7"]),
    "a line with its nodes": ([_BUS, _BAM, _GPS], ["wired node n-7", "wired node n-8"]),
    "the receiver": ([_BUS, _LINE, _BAM], ["gps"]),
    "everything": ([], ["slot 0 xy_md02", "slot 1 xy_md02", "wired node n-7", "wired node n-8", "slot 2 bam1020", "gps"]),
    "nothing, on another port": ([{**_BUS, "source": "cellar", "port": "d"}, _LINE, _BAM, _GPS], []),
}


@pytest.mark.parametrize(("after", "removes"), _SOURCES.values(), ids=_SOURCES.keys())
def test_sources_that_a_change_takes_away(after: list[Any], removes: list[str]) -> None:
    assert removed_of_section("sources", "source", _ALL, after) == removes


def test_every_named_entry_that_a_change_takes_away_is_named() -> None:
    rules = [{"id": "a"}, {"id": "b"}]
    assert removed_of_section("rules", "id", rules, [{"id": "b", "version": 2}, {"id": "c"}]) == ["rules[a]"]
    assert removed_of_section("flags", "flag", [{"flag": "red"}], []) == ["flags[red]"]
    assert removed_of_section("settings", "", {"trial_s": 60}, {}) == []
