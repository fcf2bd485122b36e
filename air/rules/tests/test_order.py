"""Late, disordered, doubled and wrongly dated reports; calendars."""

from itertools import permutations
from typing import Any

import pytest

from air.rules.facts import Report
from air.rules.rule_set import RuleSet
from air.rules.tests.site import T0_MS, channel, level, live, report, told, values, watch
from contract.quantities import ID

DAY_MS = 86_400_000
YEARS_MS = 3653 * DAY_MS
HOUR_MS = 3_600_000


def take(to: RuleSet, reports: list[Report], now_ms: int) -> list[str]:
    return told(fact for one in reports for fact in to.handle(one, now_ms))


def test_every_order_of_late_data_ends_in_the_same_state() -> None:
    first, *late = values([100.0, 100.0, 300.0, 100.0, 300.0, 100.0])
    ends = set()
    for order in permutations(late):
        site = watch([level()])
        take(site, [first, *order], T0_MS + 60_000)
        ends.add(repr([row[:5] for row in site.to_json()]))
    assert len(ends) == 1 and "pm" in ends.pop()


def test_late_data_take_back_what_was_raised_without_them() -> None:
    high, low = values([200.0] * 6), [report(100 + n, channel(50.0), start_ms=T0_MS + n * 10_000 - 5000) for n in range(6)]
    assert take(watch([level()]), high + low, T0_MS + 60_000) == ["50 raise pm n1 since 50", "60 clear pm n1 revised"]


def test_late_data_raise_what_they_show() -> None:
    reports = values([100.0, 100.0, 500.0, 100.0, 100.0, 100.0])
    late = reports.pop(2)
    assert take(watch([level()]), [*reports, late], T0_MS + 60_000) == ["60 raise pm n1 since 50"]


def test_what_is_older_than_the_window_is_not_judged_any_more() -> None:
    site = watch([level()])
    take(site, values([100.0] * 6, first=100), T0_MS + 1_060_000)
    assert take(site, values([900.0] * 6), T0_MS + 1_060_000) == []
    assert site.ignored["too_late"] == 6


def test_a_report_counts_once() -> None:
    site = watch([level(least_share=100)])
    assert take(site, values([200.0] * 3) * 4, T0_MS + 30_000) == []
    assert site.ignored["duplicate"] == 9


def test_a_time_worse_than_half_the_window_is_not_judged() -> None:
    site = watch([level()])
    assert take(site, [report(n, channel(900.0), error_ms=30_001) for n in range(12)], T0_MS) == []
    assert site.ignored["doubtful_time"] == 12
    assert take(watch([level()]), [report(n, channel(900.0), error_ms=30_000) for n in range(5)], T0_MS) == ["50 raise pm n1 since 50"]


def test_periods_count_by_their_length() -> None:
    long, short = report(0, channel(100.0), duration_ms=50_000), report(1, channel(300.0), start_ms=T0_MS + 50_000)
    assert take(watch([level(**{"raise": "133.33"})]), [long, short], T0_MS) == ["60 raise pm n1 since 60"]
    assert take(watch([level(**{"raise": "133.34"})]), [long, short], T0_MS) == []


@pytest.mark.parametrize("jump_ms", [DAY_MS, -DAY_MS, YEARS_MS, -YEARS_MS])
def test_a_clock_that_jumps_and_returns_neither_raises_nor_clears(jump_ms: int) -> None:
    site = watch([level(), level(id="low", **{"raise": 50, "clear": 20})])
    facts = live(site, values([100.0] * 12))
    jumped = [report(n, channel(100.0), start_ms=T0_MS + n * 10_000 + jump_ms) for n in range(12, 24)]
    facts += live(site, jumped)
    facts += live(site, values([100.0] * 12, first=24))
    assert told(facts) == ["50 raise low n1 since 50"]


@pytest.mark.parametrize("jump_ms", [DAY_MS, -DAY_MS, YEARS_MS, -YEARS_MS])
def test_after_a_jump_alarms_are_raised_and_cleared_as_before(jump_ms: int) -> None:
    site = watch([level()])
    live(site, values([100.0] * 12))
    live(site, [report(n, channel(100.0), start_ms=T0_MS + n * 10_000 + jump_ms) for n in range(12, 24)])
    back = values([100.0] * 6 + [200.0] * 6 + [100.0] * 6, first=24)
    assert told(live(site, back)) == ["330 raise pm n1 since 330", "400 clear pm n1 condition"]


def test_a_boot_of_another_number_is_another_report() -> None:
    site = watch([level()])
    reports = [report(0, channel(200.0), boot=str(n), start_ms=T0_MS + n * 10_000) for n in range(6)]
    assert take(site, reports, T0_MS + 60_000) == ["50 raise pm n1 since 50"]


# T0 is a Friday, 08:00 UTC, of January: schedule -> whether it holds at hours since then.
SCHEDULES: dict[str, tuple[list[dict[str, Any]], dict[int, bool]]] = {
    "always": ([], {0: True}),
    "fridays": ([{"days": [5]}], {0: True, 15: True, 16: False, -8: True, -9: False}),
    "nights": ([{"from": "22:00", "to": "06:00"}], {0: False, 14: True, 21: True, 22: False}),
    "friday's night goes on into saturday": ([{"days": [5], "from": "22:00", "to": "06:00"}], {14: True, 21: True, 22: False, -4: False}),
    "winter": ([{"months": [12, 1, 2]}], {0: True, 24 * 44: True, 24 * 45: False, -24 * 45: True, -24 * 46: False}),
    "either": ([{"months": [7]}, {"days": [5], "from": "08:00", "to": "09:00"}], {0: True, 1: False}),
    "the whole day": ([{"from": "08:00", "to": "08:00"}], {0: True, -1: True}),
}  # fmt: skip


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_rule_is_in_force_by_its_calendar(name: str) -> None:
    when, hours = SCHEDULES[name]
    for hour, holds in hours.items():
        end_ms = T0_MS + hour * HOUR_MS
        facts = watch([level(when=when)]).handle(report(0, channel(900.0), start_ms=end_ms - 60_000, duration_ms=60_000), end_ms)
        assert bool(facts) is holds, hour


def test_the_calendar_goes_by_the_clocks_of_the_site() -> None:
    rule = level(when=[{"from": "16:00", "to": "17:00"}])
    assert told(live(watch([rule], ahead_ms=8 * HOUR_MS), values([900.0] * 6))) == ["50 raise pm n1 since 50"]
    assert told(live(watch([rule]), values([900.0] * 6))) == []


def test_what_is_open_when_the_calendar_ends_is_cleared_and_judged_again_when_it_begins() -> None:
    rule = level(window_s=10, hold_s=20, when=[{"from": "00:00", "to": "08:01"}, {"from": "08:02", "to": "24:00"}])
    assert told(live(watch([rule]), values([900.0] * 18))) == [
        "30 raise pm n1 since 10",
        "60 clear pm n1 schedule",
        "140 raise pm n1 since 120",
    ]


def test_the_calendar_clears_an_alarm_whose_data_have_ended() -> None:
    site = watch([level(window_s=10, when=[{"from": "00:00", "to": "08:01"}])])
    facts = live(site, values([900.0]))
    facts += [fact for second in range(10, 100, 10) for fact in site.tick(T0_MS + second * 1000)]
    facts += [fact for second in range(100, 1000, 10) for fact in site.tick(T0_MS + second * 1000)]
    assert told(facts) == ["10 raise pm n1 since 10", "10 clear pm n1 schedule"]


def test_a_rule_of_the_site_takes_all_its_nodes_together() -> None:
    site = watch([level(scope="site")], nodes=["n1", "n2"])
    one = [report(n, channel(100.0), node="n1") for n in range(6)]
    other = [report(n, channel(220.0), node="n2") for n in range(6)]
    pairs = [each for pair in zip(one, other) for each in pair]
    assert told(live(site, pairs)) == ["50 raise pm  since 50"]
    assert told(live(watch([level(scope="site")], nodes=["n1", "n2"]), other)) == []  # half of the site's data are missing


def test_a_rule_concerns_only_its_nodes_and_slots() -> None:
    site = watch([level(nodes=["n1"], slot=1)], nodes=["n1", "n2"])
    assert "n1" in site.concerned and "n2" not in site.concerned and "n3" not in site.concerned
    reports = [report(n, channel(900.0), channel(100.0, slot=1)) for n in range(6)]
    reports += [report(n, channel(900.0, slot=1), node="n2") for n in range(6)]
    reports += [report(n, channel(900.0, ID["tvoc"], slot=1)) for n in range(6, 12)]
    assert told(live(site, reports)) == []
    assert site.horizon_ms("n1") == 120_000 and site.horizon_ms("n2") == 0
    assert watch([{"id": "quiet", "version": 1, "kind": "silent", "after_s": 604800}]).horizon_ms("n1") == 0


def test_outputs_follow_the_open_alarm_of_the_highest_severity() -> None:
    siren = {"output": "siren", "pattern": "on"}
    notice = level(id="notice", severity="notice", outputs=[{"output": "siren", "pattern": "blink"}], **{"raise": 50})
    alarm = level(id="alarm", outputs=[siren, {"output": "lamp"}], faster={"period_s": 2, "for_s": 60})
    site = watch([notice, alarm])
    facts = [line for line in told(live(site, values([100.0] * 6 + [200.0] * 6 + [100.0] * 6 + [10.0] * 6))) if "pm" not in line]
    assert [line for line in facts if line[0] in "sf"] == [
        "switch siren blink",
        "faster n1 2 60",
        "switch lamp on",
        "switch siren on",
        "switch lamp None",
        "switch siren blink",
        "switch siren None",
    ]
    assert site.outputs == {}


def test_outputs_of_open_alarms_are_wanted_after_a_restart() -> None:
    rule = level(outputs=[{"output": "siren", "pattern": "pulse"}])
    site = watch([rule])
    live(site, values([900.0] * 6))
    assert {name: output.pattern for name, output in watch([rule], saved=site.to_json()).outputs.items()} == {"siren": "pulse"}
