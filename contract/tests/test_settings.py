# Settings with and without faults, and what stands where nothing is said.

from contract.settings import NUMBERS, faults, unknown_keys, with_defaults
from contract.tests.golden import load

_CASES = load("settings")


def test_good_settings_have_no_fault() -> None:
    for case in _CASES["good"]:
        assert faults(case["settings"]) == [], case["name"]


def test_every_fault_is_found_with_its_path() -> None:
    for case in _CASES["bad"]:
        found = faults(case["settings"])
        assert [path for path, allowed in found] == case["paths"], case["name"]
        assert all(allowed for path, allowed in found), case["name"]


def test_a_fault_says_what_is_allowed() -> None:
    assert faults({"period_ms": 1}) == [("period_ms", "an integer, 1000 to 900000 ms")]
    sensor = {"slot": 99, "part": "x", "port": 0}
    assert faults({"sensors": [sensor]}) == [
        ("sensors[0].slot", "an integer, 0 to 15"),
        ("sensors[0].part", "one of pms5003, jxct_tvoc, renke_rs_ws, xy_md02"),
    ]


def test_what_is_not_named_has_its_default() -> None:
    whole = with_defaults({"keepalive_s": 60, "sensors": [{"slot": 0, "part": "pms5003", "port": 1}]})
    assert whole["keepalive_s"] == 60 and whole["period_ms"] == 10000
    assert whole["sensors"] == [{"slot": 0, "part": "pms5003", "port": 1, "address": 1, "poll_ms": 2000, "mode": "active"}]
    assert faults(whole) == []


def test_defaults_lie_within_their_limits_and_are_whole() -> None:
    whole = with_defaults({})
    assert faults(whole) == []
    assert sorted(whole) == sorted([row[0] for row in NUMBERS] + ["sensors"])


def test_defaults_leave_the_document_alone() -> None:
    sensor = {"slot": 0, "part": "pms5003", "port": 1}
    settings = {"sensors": [sensor]}
    with_defaults(settings)["sensors"].append(1)
    assert settings == {"sensors": [{"slot": 0, "part": "pms5003", "port": 1}]}
    assert with_defaults({})["sensors"] == []


def test_unknown_keys_are_named_and_kept() -> None:
    settings = {"zz": 1, "sensors": [{"slot": 0, "part": "pms5003", "port": 1}, {"slot": 1, "part": "pms5003", "port": 2, "baud": 1}]}
    assert unknown_keys(settings) == ["sensors[1].baud", "zz"]
    assert with_defaults(settings)["zz"] == 1
    assert unknown_keys(with_defaults({})) == []
    assert unknown_keys({"sensors": [1, "x", None]}) == unknown_keys({"sensors": 1}) == []
