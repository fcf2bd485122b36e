"""JSON merge patch as RFC 7396 has it, and sensors by their slot."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.faults import path_text
from contract.site import sections
from fleet.configuration.merge_patch import merge_patch, patched, patched_section
from fleet.errors import InvalidError

# RFC 7396, appendix A: original, patch, result.
_RFC: list[tuple[Any, Any, Any]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]

_A = {"slot": 0, "part": "pms5003", "port": 0}
_B = {"slot": 3, "part": "sps30", "port": 1, "poll_ms": 1000}
_SETTINGS: dict[str, Any] = {"period_ms": 10_000, "sensors": [_A, _B]}
_CASES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "one key": (_SETTINGS, {"period_ms": 5000}, {"period_ms": 5000, "sensors": [_A, _B]}),
    "a key to its default": (_SETTINGS, {"period_ms": None}, {"sensors": [_A, _B]}),
    "a key of one sensor": (
        _SETTINGS, {"sensors": {"0": {"poll_ms": 500}}}, {"period_ms": 10_000, "sensors": [{**_A, "poll_ms": 500}, _B]},
    ),
    "a key of one sensor to its default": (
        _SETTINGS, {"sensors": {"3": {"poll_ms": None}}},
        {"period_ms": 10_000, "sensors": [_A, {"slot": 3, "part": "sps30", "port": 1}]},
    ),
    "one more sensor": (
        _SETTINGS, {"sensors": {"5": {"part": "sds011", "port": 2}}},
        {"period_ms": 10_000, "sensors": [_A, _B, {"slot": 5, "part": "sds011", "port": 2}]},
    ),
    "the first sensor": ({}, {"sensors": {"0": {"part": "pms5003", "port": 0}}}, {"sensors": [_A]}),
    "one sensor less": (_SETTINGS, {"sensors": {"0": None}}, {"period_ms": 10_000, "sensors": [_B]}),
    "a slot that is empty already": (_SETTINGS, {"sensors": {"9": None}}, _SETTINGS),
    "all sensors": (_SETTINGS, {"sensors": [_B]}, {"period_ms": 10_000, "sensors": [_B]}),
    "no sensors": (_SETTINGS, {"sensors": None}, {"period_ms": 10_000}),
    "with its slot in it": (
        _SETTINGS, {"sensors": {"0": {"slot": 0, "port": 4}}}, {"period_ms": 10_000, "sensors": [{**_A, "port": 4}, _B]},
    ),
    "nothing": (_SETTINGS, {}, _SETTINGS),
    "what only the judge refuses": (_SETTINGS, {"sensors": {"0": 7}}, {"period_ms": 10_000, "sensors": [7, _B]}),
}  # fmt: skip
_NO_SLOTS = ["x", "-1", "00", "1.0", " 1", "", "٣", "1" * 5000]


@pytest.mark.parametrize(("original", "patch", "result"), _RFC, ids=[str(number) for number in range(len(_RFC))])
def test_a_merge_patch_is_that_of_the_rfc(original: Any, patch: Any, result: Any) -> None:
    assert merge_patch(original, patch) == result


@pytest.mark.parametrize(("settings", "patch", "result"), _CASES.values(), ids=_CASES.keys())
def test_settings_are_patched(settings: dict[str, Any], patch: dict[str, Any], result: dict[str, Any]) -> None:
    before = repr(settings)
    assert patched(settings, patch) == result
    assert repr(settings) == before


@pytest.mark.parametrize("slot", _NO_SLOTS)
def test_what_is_no_slot_is_a_fault(slot: str) -> None:
    with pytest.raises(InvalidError) as refused:
        patched(_SETTINGS, {"sensors": {slot: {"port": 4}}})
    assert [fault.value for fault in refused.value.faults] == [slot]


def test_a_sensor_of_another_slot_than_its_key_is_a_fault() -> None:
    with pytest.raises(InvalidError) as refused:
        patched(_SETTINGS, {"sensors": {"0": {"slot": 1}, "3": {"slot": 4}}})
    assert [path_text(fault.path) for fault in refused.value.faults] == ["settings.sensors.0", "settings.sensors.3"]


@pytest.mark.parametrize("key", [key for key, section in sections.by_people().items() if section.named_by])
def test_of_entries_with_one_name_no_patch_makes_one(key: str) -> None:
    section = sections.by_people()[key]
    value = [{section.named_by: name, "version": version} for name, version in (("a", 1), ("b", 1), ("a", 2))]
    for patch in ({"b": {"version": 2}}, {"a": None}, {}):
        with pytest.raises(InvalidError) as refused:
            patched_section(section, value, patch)
        assert [(path_text(fault.path), fault.value) for fault in refused.value.faults] == [(f"{key}[2].{section.named_by}", "a")]
    assert patched_section(section, value, [value[0]]) == [value[0]], "all of them, in a list, is the way out"


@given(st.dictionaries(st.sampled_from(["period_ms", "trial_s"]), st.integers(1, 9)), st.lists(st.integers(0, 15), unique=True))
def test_patching_with_the_whole_gives_the_whole(numbers: dict[str, int], slots: list[int]) -> None:
    whole = {**numbers, "sensors": [{"slot": slot, "part": "sps30", "port": 1} for slot in slots]}
    assert patched(_SETTINGS, {**dict.fromkeys(_SETTINGS), **whole}) == whole
    by_slot = {str(slot): {"part": "sps30", "port": 1} for slot in slots}
    assert patched({}, {**numbers, "sensors": by_slot}) == whole
