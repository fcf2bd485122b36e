"""A new version of a service on trial: kept when a report and a receipt came under it, else the old one returns. Pure.

It is judged by what the service did before: one that took no reports before need not take any now.

    state       what is true                                            after a power cut or a killed installer
    PREPARED    the old version is in use, and has not been replaced    it goes on; a copy of its database, whole or not, is not needed
    SWITCHED    the copy is whole; either may be in use, and have run   the old one returns: the installation was interrupted
    JUDGING     the new version runs                                    judged on, with the rounds that are left
    KEEPING     decided: it has proved itself                           the copy of the database goes, the trial ends
    STAYING     decided: it has not, but the old one cannot return      it is started; the trial ends, and says so
    RETURNING   decided: the old version is being put back              the return is done again, from its beginning
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

PREPARED, SWITCHED, JUDGING, KEEPING, STAYING, RETURNING = "prepared", "switched", "judging", "keeping", "staying", "returning"
# What became of the database before the new version: both keep it in the same form, and the old one goes on with it; it was copied; there
# was none; it is no file of this machine, and a person has made a copy; or a copy would have to be prepared by an old version that does not
# even say how it is.
SAME, COPIED, NOTHING, ELSEWHERE, UNUSABLE = "same", "copied", "nothing", "elsewhere", "unusable"
# Rounds of judging, and the time between two: 15 minutes in all. Counted and not measured, since the clock may be wrong and power may go.
ROUNDS = 90
ROUND_S = 10
# A program that systemd had to start again so often does not work.
MOST_RESTARTS = 5
# What it acknowledged under a changed form would be lost with a return. A gateway acknowledges nothing to its nodes meanwhile.
ACKNOWLEDGES_ON_TRIAL = ("fleet",)


@dataclass(frozen=True)
class Signs:
    """What a service shows of itself at one moment. started: names the run of its process; None: no answer. restarts: by systemd, since the
    switch. reports: when each node was last heard. receipts: how many deliveries were acknowledged ever, by the fleet or to a gateway.
    None: not known."""

    started: int | None = None
    restarts: int = 0
    reports: Mapping[str, int] = field(default_factory=dict)
    receipts: int | None = None


@dataclass(frozen=True)
class Trial:
    """`before`: the signs of the old version, after it had ended. `database`: the file; "" where it is not on this machine.
    `copy`: what became of it before the new version."""

    part: str
    release: str
    previous: str
    phase: str
    before: Signs
    database: str = ""
    copy: str = SAME
    rounds_left: int = ROUNDS
    why: str = ""


@dataclass(frozen=True)
class Keep:
    proof: str


@dataclass(frozen=True)
class Wait:
    trial: Trial
    lacking: str


@dataclass(frozen=True)
class Return:
    why: str


def judge(trial: Trial, now: Signs) -> Keep | Wait | Return:
    """One round of a trial that is PREPARED, SWITCHED or JUDGING."""
    if trial.phase != JUDGING:
        return Return("the installation was interrupted")
    if now.restarts >= MOST_RESTARTS:
        return Return(f"the new version ended and was started again {MOST_RESTARTS} times")
    lacking = ", ".join(lacks(trial.before, now))
    if not lacking:
        return Keep(_proof(trial.before))
    left = trial.rounds_left - 1
    if left <= 0:
        return Return(f"not within {ROUNDS * ROUND_S // 60} minutes: {lacking}")
    return Wait(replace(trial, rounds_left=left), lacking)


def has_not_run(trial: Trial, in_use: str | None) -> bool:
    """The new version, so that the copy is not needed. `in_use`: the release that the link leads to; it is changed when the trial is
    SWITCHED, and changed again when it is RETURNING."""
    return trial.phase == PREPARED or (trial.phase == SWITCHED and in_use == trial.previous)


def has_acknowledged_for_good(trial: Trial, now: Signs) -> bool:
    """Whether a return would lose what others have let go of; so it is taken where nobody can count. `now`: of a service that may have
    ended."""
    before = trial.before.receipts
    is_unchanged = before is not None and now.receipts is not None and now.receipts <= before
    return trial.part in ACKNOWLEDGES_ON_TRIAL and trial.copy != SAME and not is_unchanged


def lacks(before: Signs, now: Signs) -> list[str]:
    """What is to come yet."""
    if now.started is None or now.started == before.started:
        return ["no answer of the new version"]
    found = []
    if before.reports and not any(before.reports.get(node) != at for node, at in now.reports.items()):
        found.append("no report")
    if before.receipts and (now.receipts is None or now.receipts <= before.receipts):
        found.append("no receipt")
    return found


def to_document(trial: Trial) -> dict[str, Any]:
    return vars(trial) | {"before": vars(trial.before) | {"reports": dict(trial.before.reports)}}


def from_document(document: Mapping[str, Any]) -> Trial:
    return Trial(**{**document, "before": Signs(**document["before"])})


def _proof(before: Signs) -> str:
    seen = [word for word, needed in (("a report", before.reports), ("a receipt", before.receipts)) if needed]
    return " and ".join(seen) + " came" if seen else "it answers; nothing was delivered before, so nothing more is asked"
