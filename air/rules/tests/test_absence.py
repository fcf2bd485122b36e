"""What shows only by waiting: silence, too few data, an alarm whose data have ended. And clocks that jump meanwhile."""

from collections.abc import Iterable
from typing import Any

import pytest

from air.rules.facts import Fact
from air.rules.rule_set import RuleSet
from air.rules.tests.site import PM10, T0_MS, channel, level, live, report, told, values, watch
from contract import quality
from contract.quality import NO_REPLY

DAY_MS = 86_400_000
YEARS_MS = 3653 * DAY_MS
_SILENT = {"id": "quiet", "version": 1, "kind": "silent", "after_s": 60}
_CHANNEL = {**_SILENT, "quantity": "pm2_5_atm"}
_COMPLETE = {"id": "few", "version": 1, "kind": "completeness", "quantity": "pm2_5_atm", "window_s": 600, "raise": 75, "clear": 90}


def ticks(to: RuleSet, from_s: int, to_s: int, step_s: int = 1, ahead_ms: int = 0) -> list[Fact]:
    return [fact for second in range(from_s, to_s, step_s) for fact in to.tick(T0_MS + second * 1000 + ahead_ms)]


def test_a_node_that_was_never_heard_is_silent_after_the_time() -> None:
    assert told(ticks(watch([_SILENT]), 0, 60)) == []
    assert told(ticks(watch([_SILENT], nodes=["n1", "n2"]), 0, 100)) == ["60 raise quiet n1 since 0", "60 raise quiet n2 since 0"]


def test_any_report_ends_the_silence_and_the_next_one_is_told_again() -> None:
    site = watch([_SILENT])
    facts = ticks(site, 0, 70)
    facts += site.handle(report(-300, channel(None)), T0_MS + 70_000)  # a late one: the node sends
    facts += ticks(site, 70, 200)
    assert told(facts) == ["60 raise quiet n1 since 0", "70 clear quiet n1 condition", "130 raise quiet n1 since 70"]


def test_a_channel_is_silent_while_it_has_no_usable_value() -> None:
    site = watch([_CHANNEL])
    facts = []
    for number in range(10):
        facts += site.handle(
            report(number, channel(7 if number < 2 else None, code=NO_REPLY if number >= 2 else 0)), T0_MS + number * 10_000
        )
        facts += ticks(site, number * 10, number * 10 + 10)
    assert told(facts) == ["70 raise quiet n1 since 10"]


@pytest.mark.parametrize("code", quality.VALUED, ids=str)
def test_a_channel_whose_numbers_have_an_unusable_quality_becomes_silent(code: int) -> None:
    site = watch([_CHANNEL])
    facts = []
    for number in range(10):
        facts += site.handle(report(number, channel(7, code=quality.OK if number < 2 else code)), T0_MS + number * 10_000)
        facts += ticks(site, number * 10, number * 10 + 10)
    assert told(facts) == ([] if code in quality.USABLE else ["70 raise quiet n1 since 10"])


def test_a_channel_is_silent_while_only_another_slot_or_quantity_speaks() -> None:
    site = watch([{**_CHANNEL, "slot": 0}])
    facts = []
    for number in range(8):
        others = channel(7, slot=1), channel(7, quantity=PM10)
        facts += site.handle(report(number, *others, *([channel(7)] if number == 0 else [])), T0_MS + number * 10_000)
        facts += ticks(site, number * 10, number * 10 + 10)
    assert told(facts) == ["60 raise quiet n1 since 0"]


@pytest.mark.parametrize("jump_ms", [DAY_MS, -DAY_MS, YEARS_MS, -YEARS_MS])
def test_a_clock_that_jumps_makes_nobody_silent_and_nobody_heard(jump_ms: int) -> None:
    site = watch([_SILENT, {**_SILENT, "id": "long", "after_s": 300}])
    facts = ticks(site, 0, 70)
    facts += ticks(site, 70, 80, ahead_ms=jump_ms)
    facts += ticks(site, 80, 90)
    assert told(facts) == ["60 raise quiet n1 since 0"]


def test_a_restart_gives_everybody_the_whole_time_again_and_clears_nothing() -> None:
    site = watch([_SILENT], nodes=["n1", "n2"])
    facts = ticks(site, 0, 30)
    facts += site.handle(report(0, channel(7), node="n2"), T0_MS + 30_000)
    assert told(facts + ticks(site, 30, 80)) == ["60 raise quiet n1 since 0"]
    again = watch([_SILENT], nodes=["n1", "n2"], saved=site.to_json())
    assert told(again.settle(T0_MS)) == []
    assert told(ticks(again, 0, 60)) == []
    assert told(ticks(again, 60, 70)) == ["60 raise quiet n2 since 0"]


def _every_ten_seconds(site: RuleSet, usable: Iterable[bool], first: int = 0) -> list[Fact]:
    facts = []
    for number, is_usable in enumerate(usable, first):
        facts += site.handle(report(number, channel(7 if is_usable else None)), T0_MS + (number + 1) * 10_000)
        facts += ticks(site, (number + 1) * 10, (number + 2) * 10)
    return facts


def test_too_few_usable_data_in_the_window_are_told() -> None:
    facts = _every_ten_seconds(watch([_COMPLETE]), [True] * 60 + [False] * 20 + [True] * 80)
    assert [line.split(" ", 1)[1] for line in told(facts)] == ["raise few n1 since 760", "clear few n1 condition"]


def test_completeness_is_not_judged_before_a_whole_window() -> None:
    assert told(_every_ten_seconds(watch([_COMPLETE]), [False] * 59)) == []


def test_completeness_falls_when_nothing_comes_at_all() -> None:
    site = watch([_COMPLETE])
    assert told(_every_ten_seconds(site, [True] * 60)) == []
    [raised] = told(ticks(site, 610, 1400))
    assert raised.split(" ", 1)[1].startswith("raise few n1")
    assert 750 <= int(raised.split()[0]) <= 790


@pytest.mark.parametrize("jump_ms", [DAY_MS, -DAY_MS, YEARS_MS, -YEARS_MS])
def test_a_clock_that_jumps_makes_no_data_few(jump_ms: int) -> None:
    site = watch([_COMPLETE])
    facts = _every_ten_seconds(site, [True] * 60)
    facts += ticks(site, 610, 620, ahead_ms=jump_ms)
    facts += _every_ten_seconds(site, [True] * 60, first=61)
    assert told(facts) == []


def test_long_periods_are_not_few_while_the_next_report_is_on_its_way() -> None:
    site = watch([_COMPLETE])
    facts = []
    for number in range(0, 20, 2):  # every second one comes half a period late
        one, other = (report(n, channel(7), start_ms=T0_MS + n * 200_000, duration_ms=200_000) for n in (number, number + 1))
        facts += site.handle(one, one.start_ms + 200_000)
        facts += ticks(site, (number + 1) * 200, (number + 2) * 200 + 100)
        facts += site.handle(other, other.start_ms + 300_000)
        facts += ticks(site, (number + 2) * 200 + 100, (number + 3) * 200)
    assert told(facts) == []


def test_data_of_a_future_that_is_none_do_not_hide_that_data_are_few() -> None:
    site = watch([_COMPLETE])
    facts = _every_ten_seconds(site, [True] * 60)
    facts += site.handle(report(60, channel(7), start_ms=T0_MS + DAY_MS), T0_MS + DAY_MS)
    facts += _every_ten_seconds(site, [True] * 120, first=61)
    assert told(facts) == []
    facts = _every_ten_seconds(site, [False] * 30, first=181)
    assert [line.split(" ", 1)[1].split(" since")[0] for line in told(facts)] == ["raise few n1"]


def test_an_open_alarm_says_when_its_data_end_and_when_they_come_again() -> None:
    site = watch([level(window_s=10, clear=100)])
    facts = live(site, values([200.0]))
    facts += ticks(site, 10, 1000)
    facts += live(site, values([150.0], first=100))
    assert told(facts) == ["10 raise pm n1 since 10", "10 missing pm", "1010 again pm"]


def test_an_alarm_that_was_said_to_miss_data_is_not_said_so_again_after_a_restart() -> None:
    site = watch([level(window_s=10)])
    live(site, values([200.0]))
    ticks(site, 10, 1000)
    again = watch([level(window_s=10)], saved=site.to_json())
    assert told(again.settle(T0_MS) + ticks(again, 0, 1000)) == []
    assert told(live(again, values([200.0], first=100))) == ["1010 again pm"]


def test_a_rule_that_changed_clears_what_it_had_raised() -> None:
    site = watch([level(), _SILENT])
    live(site, values([200.0] * 6))
    ticks(site, 60, 130)
    new: list[dict[str, Any]] = [level(version=2), _SILENT]
    again, facts = RuleSet.begin(new, ["n1"], lambda utc_ms: 0, site.to_json(), T0_MS)
    assert told(facts) == ["0 clear pm n1 rule_changed"]
    assert told(live(again, values([200.0] * 6))) == ["10 clear quiet n1 condition", "50 raise pm n1 since 50"]


def test_a_node_that_left_the_site_takes_its_alarms_with_it() -> None:
    site = watch([_SILENT])
    ticks(site, 0, 70)
    _, facts = RuleSet.begin([_SILENT], ["n2"], lambda utc_ms: 0, site.to_json(), T0_MS)
    assert told(facts) == ["0 clear quiet n1 rule_changed"]
