"""When an alarm that nobody sees to goes up a level of the grid. Pure.

An alarm has a limit for each state that people leave it in, by its severity; each step of theirs begins the time anew, a comment does not.
"""

from dataclasses import dataclass

from fleet.alarms.lifecycle import LEVELS, State

_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
# severity -> state -> longest time in it at one level. An alarm is of what people breathe now: half an hour for somebody of the cell to see
# it. A warning is of the working day. A notice goes nowhere: it is there to be looked at.
LIMITS: dict[str, dict[State, int]] = {
    "alarm": {"raised": 30 * _MINUTE_MS, "acknowledged": 2 * _HOUR_MS, "assigned": 8 * _HOUR_MS},
    "warning": {"raised": 4 * _HOUR_MS, "acknowledged": 24 * _HOUR_MS, "assigned": 72 * _HOUR_MS},
    "notice": {},
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """An alarm that is not resolved. level: of LEVELS. stepped_ms: when its last step was, but for comments. severity None: its gateway has
    not stated it yet; it is taken for an alarm."""

    id: int
    severity: str | None
    state: State
    level: int
    stepped_ms: int


def is_due(waiting: Waiting, now_ms: int) -> bool:
    limit_ms = LIMITS.get(waiting.severity or "alarm", LIMITS["alarm"]).get(waiting.state)
    return limit_ms is not None and waiting.level + 1 < len(LEVELS) and now_ms - waiting.stepped_ms >= limit_ms
