"""A new version on trial: kept when a report and a receipt came under it, else the old one returns. Pure.

It is judged by what services did before: one that took no reports before need not take any now, and one that did not run is not judged.

    state       what is true                                         after a power cut or a killed installer
    PREPARED    the old version is in use, or half of the new one    the old one returns: the installation was interrupted
    JUDGING     the new version runs                                 judged on, with the rounds that are left
    RETURNING   decided: the old version is being put back           the return is done again, from its beginning
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

PREPARED, JUDGING, RETURNING = "prepared", "judging", "returning"
# Rounds of judging, and the time between two: 15 minutes in all. Counted and not measured, since the clock may be wrong and power may go.
ROUNDS = 90
ROUND_S = 10
# A program that systemd had to start again so often does not work.
MOST_RESTARTS = 5


@dataclass(frozen=True)
class Signs:
    """What a service shows of itself at one moment. started: names the run of its process; None: no answer. restarts: by systemd, since the
    switch. reports: when each node was last heard. receipts: how many deliveries were acknowledged, by the fleet or to a gateway."""

    started: int | None = None
    restarts: int = 0
    reports: Mapping[str, int] = field(default_factory=dict)
    receipts: int = 0


@dataclass(frozen=True)
class Before:
    """What is asked of a service. receipts_over: how many there must be more than; None: it had none before, so none is asked."""

    started: int | None
    reports: Mapping[str, int]
    receipts_over: int | None


@dataclass(frozen=True)
class Trial:
    """`before`: of every service that ran under the previous release. `copied`: services whose state was copied before, because
    the releases keep it in different forms."""

    release: str
    previous: str
    phase: str
    before: Mapping[str, Before]
    copied: tuple[str, ...] = ()
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


def before(signs: Signs, counts_from_its_start: bool) -> Before:
    """From the signs of the old version. counts_from_its_start: a new process counts its receipts anew."""
    over = 0 if counts_from_its_start else signs.receipts
    return Before(signs.started, signs.reports, over if signs.receipts else None)


def judge(trial: Trial, now: Mapping[str, Signs]) -> Keep | Wait | Return:
    """One round. `now`: of the services in trial.before."""
    if trial.phase == PREPARED:
        return Return("the installation was interrupted before the new version ran")
    if trial.phase == RETURNING:
        return Return(trial.why)
    broken = [part for part in trial.before if now[part].restarts >= MOST_RESTARTS]
    if broken:
        return Return(f"{', '.join(broken)}: the new version ended and was started again {MOST_RESTARTS} times")
    lacking = "; ".join(f"{part}: {', '.join(found)}" for part in trial.before if (found := lacks(trial.before[part], now[part])))
    if not lacking:
        return Keep(
            "; ".join(f"{part}: {_proof(signs)}" for part, signs in trial.before.items()) or "no service ran before, so none is judged"
        )
    left = trial.rounds_left - 1
    if left <= 0:
        return Return(f"not within {ROUNDS * ROUND_S // 60} minutes: {lacking}")
    return Wait(replace(trial, rounds_left=left), lacking)


def lacks(before: Before, now: Signs) -> list[str]:
    """What is to come yet."""
    if now.started is None or now.started == before.started:
        return ["no answer of the new version"]
    found = []
    if before.reports and not any(before.reports.get(node) != at for node, at in now.reports.items()):
        found.append("no report")
    if before.receipts_over is not None and now.receipts <= before.receipts_over:
        found.append("no receipt")
    return found


def to_document(trial: Trial) -> dict[str, Any]:
    before = {part: vars(signs) | {"reports": dict(signs.reports)} for part, signs in trial.before.items()}
    return vars(trial) | {"before": before, "copied": list(trial.copied)}


def from_document(document: Mapping[str, Any]) -> Trial:
    before = {part: Before(**signs) for part, signs in document["before"].items()}
    return Trial(**{**document, "before": before, "copied": tuple(document["copied"])})


def _proof(before: Before) -> str:
    seen = [word for word, needed in (("a report", bool(before.reports)), ("a receipt", before.receipts_over is not None)) if needed]
    return " and ".join(seen) + " came" if seen else "it answers; nothing was delivered before, so nothing more is asked"
