"""A new version is kept by what it delivered, and the old one returns from everything else: a table of rounds."""

from dataclasses import replace

import pytest

from host.release.trial import (
    COPIED,
    ELSEWHERE,
    JUDGING,
    MOST_RESTARTS,
    NOTHING,
    PREPARED,
    RETURNING,
    ROUNDS,
    SAME,
    SWITCHED,
    Keep,
    Return,
    Signs,
    Trial,
    Wait,
    from_document,
    has_acknowledged_for_good,
    has_not_run,
    judge,
    to_document,
)

GATEWAY = Trial("gateway", "2", "1", JUDGING, Signs(100, 0, {"node n-1": 5, "node n-2": 6}, 40), "/var/lib/x/buffer.sqlite")
# It is asked at its address: one that has ended names no run.
FLEET = Trial("fleet", "2", "1", JUDGING, Signs(None, 0, {}, 40))
PROVED = Signs(200, 0, {"node n-1": 5, "node n-2": 9}, 41)

ROUND = {
    "a report and a receipt": (GATEWAY, PROVED, Keep),
    "no answer": (GATEWAY, Signs(), Wait),
    "what the old process left": (GATEWAY, replace(PROVED, started=100), Wait),
    "a report and no receipt": (GATEWAY, replace(PROVED, receipts=40), Wait),
    "a receipt and no new report": (GATEWAY, replace(PROVED, reports=GATEWAY.before.reports), Wait),
    "a node that was not known before": (GATEWAY, replace(PROVED, reports={"node n-3": 1}), Keep),
    "restarts, some": (GATEWAY, Signs(restarts=MOST_RESTARTS - 1), Wait),
    "restarts, many": (GATEWAY, Signs(restarts=MOST_RESTARTS), Return),
    "restarts, many, after a report and a receipt": (GATEWAY, replace(PROVED, restarts=MOST_RESTARTS), Return),
    "the last round": (replace(GATEWAY, rounds_left=1), Signs(), Return),
    "proof in the last round": (replace(GATEWAY, rounds_left=1), PROVED, Keep),
    "a fleet that answers and takes a delivery": (FLEET, Signs(300, 0, {}, 41), Keep),
    "a fleet that answers and takes nothing": (FLEET, Signs(300, 0, {}, 40), Wait),
    "a fleet that took a delivery and does not answer": (FLEET, Signs(None, 0, {}, 41), Wait),
    "a service that had never answered, and does": (replace(GATEWAY, before=Signs()), Signs(200), Keep),
    "a service that had never answered, and does not": (replace(GATEWAY, before=Signs()), Signs(), Wait),
    "an interrupted installation": (replace(GATEWAY, phase=PREPARED), PROVED, Return),
    "an installation that was interrupted later": (replace(GATEWAY, phase=SWITCHED), PROVED, Return),
    "receipts that nobody can count": (GATEWAY, replace(PROVED, receipts=None), Wait),
}


@pytest.mark.parametrize(("trial", "now", "expected"), ROUND.values(), ids=ROUND)
def test_a_round(trial: Trial, now: Signs, expected: type) -> None:
    assert type(judge(trial, now)) is expected


def test_a_trial_ends_after_its_rounds_and_says_what_was_lacking() -> None:
    trial, rounds = GATEWAY, 0
    while isinstance(verdict := judge(trial, replace(PROVED, receipts=40)), Wait):
        trial, rounds = verdict.trial, rounds + 1
    assert isinstance(verdict, Return) and rounds == ROUNDS - 1
    assert verdict.why == "not within 15 minutes: no receipt"


def test_what_was_never_delivered_is_not_asked_for() -> None:
    verdict = judge(replace(GATEWAY, before=Signs(100)), Signs(200))
    assert isinstance(verdict, Keep) and "nothing was delivered before" in verdict.proof


# (part, what became of the database, receipts since the switch, None: not known): whether a return would lose what others have let go of.
LOSES = {
    ("fleet", COPIED, 1): True,
    ("fleet", NOTHING, 1): True,
    ("fleet", ELSEWHERE, 1): True,
    ("fleet", COPIED, 0): False,
    ("fleet", COPIED, None): True,
    ("fleet", NOTHING, None): True,
    ("fleet", SAME, None): False,
    ("gateway", COPIED, None): False,
    ("fleet", SAME, 5000): False,
    ("gateway", COPIED, 5000): False,
}


@pytest.mark.parametrize(("case", "expected"), LOSES.items(), ids=str)
def test_a_fleet_that_took_a_delivery_in_another_form_cannot_return(case: tuple[str, str, int | None], expected: bool) -> None:
    part, copy, receipts = case
    trial = replace(FLEET, part=part, copy=copy)
    now = Signs(None, MOST_RESTARTS, {}, None if receipts is None else 40 + receipts)
    assert has_acknowledged_for_good(trial, now) is expected


@pytest.mark.parametrize(
    ("phase", "in_use", "expected"),
    [
        (PREPARED, "1", True),
        (SWITCHED, "1", True),
        (SWITCHED, "2", False),
        (SWITCHED, None, False),
        (JUDGING, "2", False),
        (RETURNING, "1", False),
    ],
)
def test_the_copy_is_disposable_as_long_as_the_new_version_cannot_have_run(phase: str, in_use: str | None, expected: bool) -> None:
    assert has_not_run(replace(GATEWAY, phase=phase, copy=COPIED), in_use) is expected


def test_what_was_not_counted_before_is_not_taken_for_none() -> None:
    assert has_acknowledged_for_good(replace(FLEET, copy=COPIED, before=Signs()), Signs(None, 0, {}, 0))


@pytest.mark.parametrize("trial", [FLEET, replace(GATEWAY, copy=COPIED, phase=RETURNING, why="x", rounds_left=3)])
def test_a_trial_is_read_as_it_was_written(trial: Trial) -> None:
    assert from_document(to_document(trial)) == trial
