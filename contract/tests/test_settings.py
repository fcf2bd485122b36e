# Settings with and without faults, and what stands where nothing is said.

from contract.faults import Fault, path_text
from contract.quantities import ID
from contract.settings import NUMBERS, faults, unknown_keys, with_defaults
from contract.tests.golden import load

_CASES = load("settings")
_PROFILE = {
    "line": [4800, 8, "E", 1],
    "source": "the maker's paper",
    "fields": [{"function": 4, "register": 7, "type": "f32", "order": "cdab", "quantity": "pid", "multiply": 1000, "none": [-1]}],
}


def test_good_settings_have_no_fault() -> None:
    for case in _CASES["good"]:
        assert faults(case["settings"]) == [], case["name"]


def test_every_fault_is_found_with_its_path() -> None:
    for case in _CASES["bad"]:
        found = faults(case["settings"])
        assert [path_text(fault.path) for fault in found] == case["paths"], case["name"]
        assert all(fault.allowed for fault in found), case["name"]


def test_a_fault_says_what_is_allowed() -> None:
    assert faults({"period_ms": 1}) == [Fault(("period_ms",), "an integer, 1000 to 900000 ms", 1)]
    sensor = {"slot": 99, "part": "x", "port": 0}
    [slot, part] = faults({"profiles": {"mine": _PROFILE}, "sensors": [sensor]})
    assert slot == Fault(("sensors", 0, "slot"), "an integer, 0 to 15", 99)
    assert part.path == ("sensors", 0, "part") and part.value == "x" and part.allowed.startswith("one of ")
    assert all(name in part.allowed for name in ("pms5003", "jxct_tvoc", "mine"))


def test_what_is_not_named_has_its_default() -> None:
    whole = with_defaults({"keepalive_s": 60, "sensors": [{"slot": 0, "part": "pms5003", "port": 1}]})
    assert whole["keepalive_s"] == 60 and whole["period_ms"] == 10000
    [sensor] = whole["sensors"]
    assert sensor["slot"] == 0 and sensor["address"] == 1 and sensor["poll_ms"] == 2000 and sensor["mode"] == "active"
    assert "profile" not in sensor
    assert faults(whole) == []


def test_defaults_lie_within_their_limits_and_are_whole() -> None:
    whole = with_defaults({})
    assert faults(whole) == []
    assert sorted(whole) == sorted([row[0] for row in NUMBERS] + ["sensors", "profiles"])


def test_defaults_leave_the_document_alone() -> None:
    sensor = {"slot": 0, "part": "pms5003", "port": 1}
    settings = {"sensors": [sensor]}
    with_defaults(settings)["sensors"].append(1)
    assert settings == {"sensors": [{"slot": 0, "part": "pms5003", "port": 1}]}
    assert with_defaults({})["sensors"] == []


def test_unknown_keys_are_named_and_kept() -> None:
    settings = {"zz": 1, "sensors": [{"slot": 0, "part": "pms5003", "port": 1}, {"slot": 1, "part": "pms5003", "port": 2, "bauds": 1}]}
    assert [path_text(fault.path) for fault in unknown_keys(settings)] == ["sensors[1].bauds", "zz"]
    assert with_defaults(settings)["zz"] == 1
    assert unknown_keys(with_defaults({})) == []
    assert unknown_keys({"sensors": [1, "x", None]}) == unknown_keys({"sensors": 1}) == []
    in_field, in_profile = unknown_keys({"profiles": {"mine": {"lines": 1, "fields": [{"kind": 2}]}}})
    assert (in_field.path, in_field.value) == (("profiles", "mine", "fields", 0, "kind"), 2)
    assert in_profile == Fault(("profiles", "mine", "lines"), "no such key; there are: fields, line, settle_ms, source, timeout_ms", 1)


def test_a_delivered_profile_is_what_its_sensor_is_read_by() -> None:
    sensors = [{"slot": 3, "part": "mine", "port": 1, "baud": 19200}, {"slot": 4, "part": "renke_rs_ws", "port": 2, "parity": "O"}]
    settings = {"profiles": {"mine": _PROFILE}, "sensors": sensors}
    assert faults(settings) == [] == unknown_keys(settings)
    mine, renke = [sensor["profile"] for sensor in with_defaults(settings)["sensors"]]
    assert mine["line"] == (19200, 8, "E", 1) and mine["settle_ms"] == 1000
    assert mine["fields"] == ((4, 7, "f32", "cdab", ID["pid"], 1000, 1, (0xFFFFFFFF,), None, 0, 10000000),)
    assert renke["line"] == (4800, 8, "O", 1)


def test_transmitters_share_a_port_when_their_lines_were_set_alike() -> None:
    pair = [{"slot": 1, "part": "jxct_tvoc", "port": 2}, {"slot": 2, "part": "renke_rs_ws", "port": 2, "address": 2, "baud": 9600}]
    assert faults({"sensors": pair}) == []
