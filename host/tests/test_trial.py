"""A new version is kept by what it delivered, and the old one returns from everything else: a table of rounds."""

from dataclasses import replace

import pytest

from host.release.trial import (
    JUDGING,
    MOST_RESTARTS,
    PREPARED,
    RETURNING,
    ROUNDS,
    Before,
    Keep,
    Return,
    Signs,
    Trial,
    Wait,
    before,
    from_document,
    judge,
    to_document,
)

GATEWAY = Before(started=100, reports={"node n-1": 5, "node n-2": 6}, receipts_over=40)
FLEET = Before(started=100, reports={}, receipts_over=0)
BOTH = Trial("2", "1", JUDGING, {"gateway": GATEWAY, "fleet": FLEET})
ONE = Trial("2", "1", JUDGING, {"gateway": GATEWAY})
PROVED = Signs(200, 0, {"node n-1": 5, "node n-2": 9}, 41)
FLEET_PROVED = Signs(300, 0, {}, 1)

ROUND = {
    "a report and a receipt": (ONE, {"gateway": PROVED}, Keep),
    "no answer": (ONE, {"gateway": Signs()}, Wait),
    "what the old process left": (ONE, {"gateway": replace(PROVED, started=100)}, Wait),
    "a report and no receipt": (ONE, {"gateway": replace(PROVED, receipts=40)}, Wait),
    "a receipt and no new report": (ONE, {"gateway": replace(PROVED, reports=GATEWAY.reports)}, Wait),
    "a node that was not known before": (ONE, {"gateway": replace(PROVED, reports={"node n-3": 1})}, Keep),
    "restarts, some": (ONE, {"gateway": Signs(restarts=MOST_RESTARTS - 1)}, Wait),
    "restarts, many": (ONE, {"gateway": Signs(restarts=MOST_RESTARTS)}, Return),
    "the last round": (replace(ONE, rounds_left=1), {"gateway": Signs()}, Return),
    "proof in the last round": (replace(ONE, rounds_left=1), {"gateway": PROVED}, Keep),
    "one of two services": (BOTH, {"gateway": PROVED, "fleet": Signs()}, Wait),
    "both services": (BOTH, {"gateway": PROVED, "fleet": FLEET_PROVED}, Keep),
    "a fleet that answers and takes nothing": (BOTH, {"gateway": PROVED, "fleet": replace(FLEET_PROVED, receipts=0)}, Wait),
    "one of two is broken": (BOTH, {"gateway": PROVED, "fleet": Signs(restarts=MOST_RESTARTS)}, Return),
    "nothing ran before": (replace(ONE, before={}), {}, Keep),
    "an interrupted installation": (replace(ONE, phase=PREPARED), {"gateway": PROVED}, Return),
    "an interrupted return": (replace(ONE, phase=RETURNING, why="no report"), {"gateway": PROVED}, Return),
}


@pytest.mark.parametrize(("trial", "now", "expected"), ROUND.values(), ids=ROUND)
def test_a_round(trial: Trial, now: dict[str, Signs], expected: type) -> None:
    assert type(judge(trial, now)) is expected


def test_a_trial_ends_after_its_rounds_and_says_what_was_lacking() -> None:
    trial, rounds = ONE, 0
    while isinstance(verdict := judge(trial, {"gateway": replace(PROVED, receipts=0)}), Wait):
        trial, rounds = verdict.trial, rounds + 1
    assert isinstance(verdict, Return) and rounds == ROUNDS - 1
    assert verdict.why == "not within 15 minutes: gateway: no receipt"


@pytest.mark.parametrize("counted_anew", [True, False])
def test_what_was_never_delivered_is_not_asked_for(counted_anew: bool) -> None:
    asked = before(Signs(100, 0, {}, 0), counted_anew)
    verdict = judge(replace(ONE, before={"gateway": asked}), {"gateway": Signs(200)})
    assert isinstance(verdict, Keep) and "nothing was delivered before" in verdict.proof


def test_receipts_are_compared_within_one_process_where_each_counts_anew() -> None:
    assert before(Signs(100, 0, {}, 500), counts_from_its_start=True).receipts_over == 0
    assert before(Signs(100, 0, {}, 500), counts_from_its_start=False).receipts_over == 500


@pytest.mark.parametrize("trial", [BOTH, replace(ONE, copied=("gateway",), phase=RETURNING, why="x", rounds_left=3)])
def test_a_trial_is_read_as_it_was_written(trial: Trial) -> None:
    assert from_document(to_document(trial)) == trial
