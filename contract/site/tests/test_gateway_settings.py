from contract.faults import Fault
from contract.site.gateway_settings import NUMBERS, asked, faults, unknown_keys


def test_every_fault_comes_with_what_is_allowed() -> None:
    assert faults({"report_interval_s": 0, "trial_s": "long", "history_bytes_per_s": 4096}) == [
        Fault(("report_interval_s",), "an integer, 1 to 86400 s", 0),
        Fault(("trial_s",), "an integer, 60 to 86400 s", "long"),
    ]
    assert faults([]) == [Fault((), "an object", [])]


def test_an_unknown_key_is_no_fault_and_can_be_found() -> None:
    assert faults({"later": 1}) == []
    allowed = "no such key; there are: " + ", ".join(sorted(row[0] for row in NUMBERS))
    assert unknown_keys({"later": 1, "trial_s": 60}) == [Fault(("later",), allowed, 1)]


def test_what_may_be_obeyed_is_what_the_table_has_and_is_in_range() -> None:
    assert asked({"report_interval_s": 5, "trial_s": 1, "later": 1}) == {"report_interval_s": 5}
    assert asked({}) == {} == asked("nothing")
