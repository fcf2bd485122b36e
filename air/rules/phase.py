"""Open or not: limits apart, hold times, schedule. One step per judgement, in the order of the data's time."""

from typing import NamedTuple


class Phase(NamedTuple):
    """`since_ms`: of what is open, when its condition began. `turning_ms`: since when the condition of the other phase has held without
    a break, None while it does not."""

    is_open: bool = False
    since_ms: int = 0
    turning_ms: int | None = None


CLOSED = Phase()


def step(phase: Phase, at_ms: int, wants_turn: bool, hold_ms: int) -> Phase:
    """After a judgement at that time. `wants_turn`: whether what would turn the phase holds now; False also where nothing is known."""
    if not wants_turn:
        return phase if phase.turning_ms is None else phase._replace(turning_ms=None)
    since_ms = at_ms if phase.turning_ms is None else phase.turning_ms
    if at_ms - since_ms >= hold_ms:
        return CLOSED if phase.is_open else Phase(True, since_ms)
    return phase if phase.turning_ms == since_ms else phase._replace(turning_ms=since_ms)
