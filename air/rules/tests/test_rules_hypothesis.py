"""Whatever comes, in whatever order: an oracle that counts everything anew for every judgement says what must be told."""

import json
from fractions import Fraction
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from air.rules.facts import Cleared, Fact, Raised, Report
from air.rules.tests.site import T0_MS, channel, level, report, told, watch
from contract.quality import NO_REPLY, OK, SATURATED

WINDOW_S = 60


class Limits(NamedTuple):
    raise_at: int
    clear_at: int
    hold_s: int
    clear_hold_s: int
    least_share: int

    def rule(self) -> dict[str, Any]:
        return level(
            window_s=WINDOW_S, clear=self.clear_at, hold_s=self.hold_s, clear_hold_s=self.clear_hold_s, least_share=self.least_share,
            **{"raise": self.raise_at},
        )  # fmt: skip


class Sample(NamedTuple):
    end_s: int
    duration_s: int
    value: int | None
    is_saturated: bool


limits = st.builds(
    Limits,
    st.integers(100, 160),
    st.integers(60, 100),
    st.sampled_from([0, 15, 40]),
    st.sampled_from([0, 15, 40]),
    st.sampled_from([1, 50, 75, 100]),
)
steps = st.lists(
    st.tuples(st.integers(1, 30), st.integers(0, 40), st.one_of(st.none(), st.integers(0, 300)), st.booleans(), st.integers(0, 45)),
    max_size=40,
)


def samples(rows: list[tuple[int, int, int | None, bool, int]]) -> tuple[list[Sample], list[Sample]]:
    """By the time of the data, and in the order of arrival: late by less than a window."""
    made, end_s = [], 0
    for duration_s, gap_s, value, is_saturated, delay_s in rows:
        end_s += duration_s + gap_s * (gap_s > 25)
        made.append((end_s + delay_s, Sample(end_s, duration_s, value, is_saturated and value is not None and value > 250)))
    return [sample for _, sample in made], [sample for _, sample in sorted(made, key=lambda row: row[0])]


def as_report(sample: Sample, seq: int) -> Report:
    code = SATURATED if sample.is_saturated else OK if sample.value is not None else NO_REPLY
    start_ms = T0_MS + (sample.end_s - sample.duration_s) * 1000
    return report(seq, channel(sample.value, code=code), start_ms=start_ms, duration_ms=sample.duration_s * 1000)


def wants(known: list[Sample], at_s: int, of: Limits) -> tuple[bool, bool]:
    """(raise, clear) by the definition, from everything in the window."""
    inside = [one for one in known if at_s - WINDOW_S < one.end_s <= at_s and one.value is not None]
    covered_s = sum(one.duration_s for one in inside)
    if covered_s == 0 or min(100, 100 * covered_s // WINDOW_S) < of.least_share:
        return False, False
    mean = Fraction(sum(100 * (one.value or 0) * one.duration_s for one in inside), covered_s)
    rounded = (mean + Fraction(1, 2)).__floor__()
    is_high = rounded >= 100 * of.raise_at
    return is_high, not is_high and rounded <= 100 * of.clear_at and not any(one.is_saturated for one in inside)


def is_open(known: list[Sample], of: Limits) -> bool:
    """After all of it: every moment with a value judged in the order of time."""
    opened, since_s, before_s = False, None, None
    for at_s in sorted(one.end_s for one in known if one.value is not None):
        if before_s is not None and at_s - before_s > WINDOW_S:
            since_s = None
        before_s = at_s
        turns = wants(known, at_s, of)[opened]
        since_s = (at_s if since_s is None else since_s) if turns else None
        if since_s is not None and at_s - since_s >= (of.clear_hold_s if opened else of.hold_s):
            opened, since_s = not opened, None
    return opened


def phases(facts: list[Fact]) -> list[Fact]:
    return [fact for fact in facts if isinstance(fact, Raised | Cleared)]


@given(steps, limits)
@settings(max_examples=300, deadline=None)
def test_after_every_report_the_alarm_is_as_the_oracle_says(rows: list[tuple[int, int, int | None, bool, int]], of: Limits) -> None:
    site = watch([of.rule()])
    known: list[Sample] = []
    opened = False
    for seq, sample in enumerate(samples(rows)[1]):
        known.append(sample)
        facts = phases(site.handle(as_report(sample, seq), T0_MS + sample.end_s * 1000))
        expected = is_open(known, of)
        assert [isinstance(fact, Raised) for fact in facts] == ([expected] if expected != opened else [])
        opened = expected
    assert site.ignored["too_late"] == 0


@given(steps, limits)
@settings(max_examples=200, deadline=None)
def test_no_raise_without_its_condition_in_the_data(rows: list[tuple[int, int, int | None, bool, int]], of: Limits) -> None:
    site = watch([of.rule()])
    known: list[Sample] = []
    for seq, sample in enumerate(samples(rows)[1]):
        known.append(sample)
        for fact in site.handle(as_report(sample, seq), T0_MS + sample.end_s * 1000):
            if isinstance(fact, Raised):
                since_s = (fact.since_ms - T0_MS) // 1000
                moments = [one.end_s for one in known if one.value is not None and one.end_s >= since_s]
                held = [at_s for at_s in moments if at_s - since_s <= of.hold_s]
                assert all(wants(known, at_s, of)[0] for at_s in held)
                assert max(moments) - since_s >= of.hold_s


@given(steps, limits)
@settings(max_examples=200, deadline=None)
def test_every_raise_is_followed_by_a_clear_or_is_open(rows: list[tuple[int, int, int | None, bool, int]], of: Limits) -> None:
    site = watch([of.rule()])
    arrivals = [as_report(sample, seq) for seq, sample in enumerate(samples(rows)[1])]
    facts = phases([fact for one in arrivals for fact in site.handle(one, one.start_ms)])
    assert [isinstance(fact, Raised) for fact in facts] == [index % 2 == 0 for index in range(len(facts))]
    told_open = [row for row in site.to_json() if row[5][0]]
    assert len(told_open) == len(facts) % 2


@given(steps, limits)
@settings(max_examples=200, deadline=None)
def test_the_order_within_the_window_does_not_matter_to_the_end(rows: list[tuple[int, int, int | None, bool, int]], of: Limits) -> None:
    ends = []
    for order in samples(rows):
        site = watch([of.rule()])
        for sample in order:
            site.handle(as_report(sample, sample.end_s), T0_MS)
        ends.append([row[5][0] for row in site.to_json() if row[5][0]])
    assert ends[0] == ends[1]


@given(steps, limits, st.data())
@settings(max_examples=200, deadline=None)
def test_a_restart_at_any_point_changes_no_fact(
    rows: list[tuple[int, int, int | None, bool, int]], of: Limits, data: st.DataObject
) -> None:
    arrivals = [as_report(sample, seq) for seq, sample in enumerate(samples(rows)[1])]
    cut = data.draw(st.integers(0, len(arrivals)))
    whole = watch([of.rule()])
    expected = told(fact for one in arrivals for fact in whole.handle(one, one.start_ms))
    before = watch([of.rule()])
    facts = [fact for one in arrivals[:cut] for fact in before.handle(one, one.start_ms)]
    after = watch([of.rule()], saved=json.loads(json.dumps(before.to_json())))
    newest_ms = max((one.start_ms + one.duration_ms for one in arrivals[:cut]), default=0)
    for one in arrivals[:cut]:
        if one.start_ms + one.duration_ms > newest_ms - after.horizon_ms("n1") - 1000:
            after.rebuild(one, one.start_ms)
    facts += after.settle(T0_MS)
    facts += [fact for one in arrivals[cut:] for fact in after.handle(one, one.start_ms)]
    assert told(facts) == expected


@given(steps, limits, st.data())
@settings(max_examples=200, deadline=None)
def test_a_start_that_knows_only_the_end_of_the_data_tells_nothing_of_itself(
    rows: list[tuple[int, int, int | None, bool, int]], of: Limits, data: st.DataObject
) -> None:
    arrivals = [as_report(sample, seq) for seq, sample in enumerate(samples(rows)[1])]
    before = watch([of.rule()])
    for one in arrivals:
        before.handle(one, one.start_ms)
    ends_ms = [one.start_ms + one.duration_ms for one in arrivals] or [T0_MS]
    whole_from_ms = data.draw(st.integers(min(ends_ms), max(ends_ms) + 60_000))
    after = watch([of.rule()], saved=json.loads(json.dumps(before.to_json())))
    for one, end_ms in zip(arrivals, ends_ms, strict=False):
        if end_ms > whole_from_ms:
            after.rebuild(one, one.start_ms)
    assert told(after.settle(T0_MS, whole_from_ms)) == []
