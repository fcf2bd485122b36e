"""One bad rule never costs another its reports; outputs are wanted by all rules together."""

from typing import Any

import pytest

from air.calibration.apply import plain
from air.rules.facts import Raised, Report, Switched
from air.rules.watch import Watch
from gateway.evaluation.watches import Watches


def _rule(id_: str, **more: Any) -> dict[str, Any]:
    limits = {"raise": 150, "clear": 120, "window_s": 10, "least_share": 1}
    return {"id": id_, "version": 1, "kind": "level", "quantity": "pm2_5_atm", **limits, "outputs": [{"output": "siren"}], **more}


def _report(seq: int, value: int) -> Report:
    return Report("n-1", "b", seq, 12_000 * seq, 10_000, 0, (plain([0, 6, 0, 10, value, value, value]),))


def _watches(*rules: dict[str, Any], rows: list[Any] | None = None) -> Watches:
    return Watches(list(rules), ["n-1"], lambda _: 0, rows or [], 0)


def test_the_fault_of_one_rule_is_told_and_costs_no_other_its_report(monkeypatch: pytest.MonkeyPatch) -> None:
    watches = _watches(_rule("bad"), _rule("good"))
    bad: Watch = watches._watched[0].watch
    monkeypatch.setattr(bad, "_age", None)  # a state that no code of ours makes
    facts = watches.handle(_report(1, 20_000), 22_000)
    assert [fact.rule for fact in facts if isinstance(fact, Raised)] == ["good"]
    (fault,) = watches.take_faults()
    assert fault.startswith("rule bad version 1: AttributeError")
    assert watches.take_faults() == []


def test_an_output_of_two_rules_is_on_as_long_as_one_alarm_is_open() -> None:
    watches = _watches(_rule("one"), _rule("two", **{"raise": 300, "clear": 200}))
    switches = [watches.switches(watches.handle(_report(seq, value), 12_000 * seq + 10_000)) for seq, value in
                enumerate((40_000, 15_000, 1_000), 1)]  # fmt: skip
    assert switches[0] == [Switched("siren", "on", 0)]
    assert switches[1] == [], "two is clear, one is open"
    assert switches[2] == [Switched("siren", None, 0)]


def test_a_rule_whose_open_alarm_cannot_be_read_begins_without_it_and_the_others_with_theirs() -> None:
    before = _watches(_rule("one"), _rule("two"))
    before.handle(_report(1, 20_000), 22_000)
    of_another_version = [[row[0], row[1], "strange"] if row[0] == "one" else row for row in before.to_json()]
    after = _watches(_rule("one"), _rule("two"), rows=[*of_another_version, ["gone", 1, "strange"]])
    assert [fault.split(":")[0] for fault in after.take_faults()] == ["rule one does not begin", "rule that is gone does not begin"]
    facts = after.handle(_report(2, 20_000), 34_000)
    assert [fact.rule for fact in facts if isinstance(fact, Raised)] == ["one"], "two is open already"


def test_what_is_open_comes_back_with_its_outputs_and_is_not_raised_again() -> None:
    before = _watches(_rule("one"))
    before.handle(_report(1, 20_000), 22_000)
    after = _watches(_rule("one"), rows=before.to_json())
    after.rebuild(_report(1, 20_000), 22_000)
    assert [*after.begin_facts, *after.settle(23_000, 0)] == []
    assert after.switches([]) == [Switched("siren", "on", 0)]
    assert not [fact for fact in after.handle(_report(2, 20_000), 34_000) if isinstance(fact, Raised)]
