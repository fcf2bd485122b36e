"""What the rules of a site share: a rule that fails costs no other its report, outputs are decided by all together, once an input."""

from collections.abc import Callable
from typing import Any

from air.rules.facts import Cleared, Fact, Report
from air.rules.history import replay
from air.rules.rule_set import RuleSet
from air.rules.tests.site import PERIOD_MS, T0_MS, channel, level, live, report, told, values, watch

_SIREN = {"outputs": [{"output": "siren"}]}
_ONE_PERIOD = {"window_s": 10, "clear": 120, **_SIREN}
_ALWAYS = [{"from": "00:00", "to": "24:00"}]  # asks for the local time of the data, which a schedule left out does not


def _no_offset_at(broken_ms: int) -> Callable[[int], int]:
    def offset_ms(utc_ms: int) -> int:
        if utc_ms == broken_ms:
            raise OverflowError("timestamp out of range")
        return 0

    return offset_ms


def _both_doors(rules: list[dict[str, Any]], reports: list[Report], offset_ms: Callable[[int], int] = lambda utc_ms: 0) -> list[Fact]:
    """What live evaluation gives, which must be what a replay gives."""
    rule_set, facts = RuleSet.begin(rules, ["n1"], offset_ms, None, T0_MS)
    facts += live(rule_set, reports)
    assert list(replay(rules, ["n1"], offset_ms, [(one.start_ms + one.duration_ms, one) for one in reports])) == facts
    return facts


def test_a_rule_that_fails_is_reported_and_costs_no_other_rule_its_report() -> None:
    rules = [level(id="bad", when=_ALWAYS, **_ONE_PERIOD), level(id="good", **_ONE_PERIOD)]
    facts = _both_doors(rules, values([200.0, 200.0]), _no_offset_at(T0_MS + PERIOD_MS))
    assert told(facts) == [
        "failed bad OverflowError: timestamp out of range",
        "10 raise good n1 since 10",
        "switch siren on",
        "20 raise bad n1 since 20",
        "switch siren on",
    ]


def test_a_rule_that_fails_at_a_tick_or_while_windows_are_rebuilt_leaves_the_others_theirs() -> None:
    rules = [level(id="bad", when=_ALWAYS, **_ONE_PERIOD), level(id="good", **_ONE_PERIOD)]
    saved = watch(rules)
    live(saved, values([200.0]))
    rule_set, _ = RuleSet.begin(rules, ["n1"], _no_offset_at(T0_MS + PERIOD_MS), saved.to_json(), T0_MS)
    rule_set.rebuild(report(0, channel(200.0)), T0_MS + PERIOD_MS)
    assert told(rule_set.settle(T0_MS + 12_000))[0] == "failed bad OverflowError: timestamp out of range"
    assert [line for line in told(live(rule_set, values([100.0], first=1))) if "good" in line] == ["20 clear good n1 condition"]


def test_a_rule_that_cannot_be_compiled_is_reported_and_the_others_begin() -> None:
    strange = {**level(id="bad"), "kind": "sideways"}
    rule_set, facts = RuleSet.begin([strange, level(id="good", **_ONE_PERIOD)], ["n1"], lambda utc_ms: 0, None, T0_MS)
    assert [line.split(":")[0] for line in told(facts)] == ["failed bad KeyError"]
    assert "10 raise good n1 since 10" in told(live(rule_set, values([200.0])))


def test_an_open_alarm_whose_rule_cannot_be_compiled_any_more_is_cleared() -> None:
    before = watch([level(id="bad", **_ONE_PERIOD)])
    live(before, values([200.0]))
    strange = {**level(id="bad"), "kind": "sideways"}
    rule_set, facts = RuleSet.begin([strange], ["n1"], lambda utc_ms: 0, before.to_json(), T0_MS + 60_000)
    assert any(isinstance(fact, Cleared) and fact.rule == "bad" for fact in facts)
    assert (rule_set.to_json(), rule_set.outputs) == ([], {})


def test_two_level_rules_with_one_output_over_three_reports_say_the_same_live_and_in_a_replay() -> None:
    rules = [level(id="one", **_ONE_PERIOD), level(id="two", **{**_ONE_PERIOD, "raise": 300})]
    assert told(_both_doors(rules, values([200.0, 250.0, 400.0]))) == [
        "10 raise one n1 since 10",
        "switch siren on",
        "30 raise two n1 since 30",
        "switch siren on",  # anew, should its time have run out
    ]


def test_an_output_is_switched_once_when_one_report_raises_two_alarms() -> None:
    rules = [level(id="one", **_ONE_PERIOD), level(id="two", **_ONE_PERIOD)]
    assert told(_both_doors(rules, values([200.0]))) == ["10 raise one n1 since 10", "10 raise two n1 since 10", "switch siren on"]


def test_an_output_of_two_rules_is_on_as_long_as_one_alarm_is_open() -> None:
    rules = [level(id="one", **_ONE_PERIOD), level(id="two", **{**_ONE_PERIOD, "raise": 300, "clear": 200})]
    assert told(_both_doors(rules, values([400.0, 150.0, 10.0]))) == [
        "10 raise one n1 since 10",
        "10 raise two n1 since 10",
        "switch siren on",
        "20 clear two n1 condition",
        "30 clear one n1 condition",
        "switch siren None",
    ]


def test_facts_come_in_the_order_of_the_rules_whatever_their_kind() -> None:
    quiet = {"id": "quiet", "version": 1, "kind": "silent", "after_s": 60}
    rules = [level(id="a", window_s=10), quiet, level(id="b", window_s=10)]
    rule_set = watch(rules)
    assert [line.split()[2] for line in told(rule_set.tick(T0_MS) + rule_set.tick(T0_MS + 60_000))] == ["quiet"]
    facts = rule_set.handle(report(6, channel(200.0)), T0_MS + 70_000)
    assert [line.split()[1:3] for line in told(facts)] == [["raise", "a"], ["clear", "quiet"], ["raise", "b"]]


def test_a_saved_alarm_that_cannot_be_read_is_reported_and_the_others_are_open_still() -> None:
    rules = [level(id="one", **_ONE_PERIOD), level(id="two", **_ONE_PERIOD)]
    before = watch(rules)
    live(before, values([200.0]))
    rows = [[row[0], row[1], "strange"] if row[0] == "one" else row for row in before.to_json()]
    rows += [["gone", 1, "strange"], 7, ["one", 1, "alarm", ["n1", "zero", 6], [True, 0, None], [True, 0, None], False]]
    after, facts = RuleSet.begin(rules, ["n1"], lambda utc_ms: 0, rows, T0_MS)
    assert [line.split(" ")[1] for line in told(facts)] == ["one", "gone", "", "one"]
    assert [line.split(" ")[2] for line in told(live(after, values([200.0], first=1))) if "raise" in line] == ["one"], "two is open already"


def test_what_is_open_comes_back_with_its_outputs_and_is_not_raised_again() -> None:
    before = watch([level(**_ONE_PERIOD)])
    live(before, values([200.0]))
    after = watch([level(**_ONE_PERIOD)], saved=before.to_json())
    after.rebuild(report(0, channel(200.0)), T0_MS + PERIOD_MS)
    assert after.settle(T0_MS + 12_000) == []
    assert {name: output.pattern for name, output in after.outputs.items()} == {"siren": "on"}
    assert told(live(after, values([200.0], first=1))) == []


def test_a_report_that_was_history_when_it_came_is_not_judged_and_no_part_of_a_window_made_anew() -> None:
    rule = level(window_s=86_400, least_share=1)
    late, hour_ms = report(0, channel(900.0), duration_ms=900_000), 3_600_000
    arrived_ms = late.start_ms + late.duration_ms + hour_ms
    site = watch([rule])
    assert site.handle(late, arrived_ms + 1) == [] and site.ignored["history"] == 1
    again = watch([rule])
    again.rebuild(late, arrived_ms + 1)
    assert told(again.settle(arrived_ms + 1)) == [] and again.ignored["history"] == 1
    assert told(watch([rule]).handle(late, arrived_ms)) == ["900 raise pm n1 since 900"], "an hour late is not history yet"


def test_the_number_of_series_is_bounded_over_all_rules() -> None:
    nodes = [f"n{number}" for number in range(1000)]
    site = watch([level(id=f"r{number}", window_s=10) for number in range(6)], nodes=nodes)
    for node in nodes:
        site.handle(report(0, channel(100.0), node=node), T0_MS + PERIOD_MS)
    assert site.ignored["too_many_series"] == 1000


def test_what_was_about_to_turn_when_its_rule_changed_is_not_cleared() -> None:
    site = watch([level(hold_s=600)])
    assert told(live(site, values([200.0] * 12))) == []
    assert site.to_json(), "it is about to turn"
    _, facts = RuleSet.begin([level(version=2, hold_s=600)], ["n1"], lambda utc_ms: 0, site.to_json(), T0_MS)
    assert told(facts) == []


def test_data_matter_as_long_as_to_the_rule_that_looks_back_farthest() -> None:
    short, long = level(window_s=60), level(id="slow", window_s=3600)
    horizons = [watch(rules).horizon_ms("n1") for rules in ([short], [long], [short, long], [long, short])]
    assert horizons[0] < horizons[1] == horizons[2] == horizons[3]
