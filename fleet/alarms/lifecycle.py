"""The life of an alarm, as a table: what may happen to it in which state, and what it is then. Pure.

    raised ──▶ acknowledged ──▶ assigned ──▶ resolved ──▶ raised, when a person reopens it

Where the table has no row, the act is refused. Escalating and commenting change no state; an alarm that has been resolved is not escalated.
Who resolved is a person, with a note, or the source of the alarm: its gateway or the service, for which the fault is over.
"""

from dataclasses import dataclass, replace
from typing import Literal, get_args

State = Literal["raised", "acknowledged", "assigned", "resolved"]
Kind = Literal["raised", "acknowledged", "assigned", "escalated", "commented", "resolved", "ended", "reopened"]
STATES: tuple[State, ...] = get_args(State)
KINDS: tuple[Kind, ...] = get_args(Kind)
# Levels of the grid, from the one that is responsible first; an alarm is escalated up to the last.
Level = Literal["cell", "community", "township", "district"]
LEVELS: tuple[Level, ...] = get_args(Level)

_OPEN: tuple[State, ...] = ("raised", "acknowledged", "assigned")
# kind of step -> state before -> state after. An alarm begins with the step `raised`.
_TABLE: dict[Kind, dict[State, State]] = {
    "raised": {},
    "acknowledged": {"raised": "acknowledged"},
    "assigned": dict.fromkeys(_OPEN, "assigned"),
    "escalated": {state: state for state in _OPEN},
    "commented": {state: state for state in STATES},
    "resolved": dict.fromkeys(_OPEN, "resolved"),
    "ended": dict.fromkeys(_OPEN, "resolved"),
    "reopened": {"resolved": "raised"},
}


@dataclass(frozen=True, slots=True)
class Handling:
    """assignee: who is to see to it, "" for nobody. level: of LEVELS, how far up it was escalated."""

    state: State = "raised"
    assignee: str = ""
    level: int = 0

    @property
    def is_open(self) -> bool:
        return self.state != "resolved"


def after(handling: Handling, kind: Kind, assignee: str = "") -> Handling | None:
    """What an alarm is after a step; None where the step is not possible. assignee: of the step `assigned`."""
    state = _TABLE[kind].get(handling.state)
    if state is None:
        return None
    if kind == "assigned":
        return replace(handling, state=state, assignee=assignee)
    if kind == "escalated":
        return replace(handling, level=handling.level + 1) if handling.level + 1 < len(LEVELS) else None
    if kind == "reopened":
        return Handling(state)
    return replace(handling, state=state)


def possible(handling: Handling) -> list[Kind]:
    """What a person may do to it now."""
    return [kind for kind in KINDS if kind not in ("raised", "ended") and after(handling, kind, handling.assignee) is not None]
