"""Whether an output is on at a moment of its pattern, and when that changes next. Pure.

on     as long as it is wanted
blink  half a second on, half a second off
pulse  a second on, four off
"""

_ON_OFF_S = {"blink": (0.5, 0.5), "pulse": (1.0, 4.0)}


def is_on(pattern: str, passed_s: float) -> bool:
    if pattern not in _ON_OFF_S:
        return True
    on_s, off_s = _ON_OFF_S[pattern]
    return passed_s % (on_s + off_s) < on_s


def next_change_s(pattern: str, passed_s: float) -> float | None:
    """After how long, from now; None: never."""
    if pattern not in _ON_OFF_S:
        return None
    on_s, off_s = _ON_OFF_S[pattern]
    within_s = passed_s % (on_s + off_s)
    return on_s - within_s if within_s < on_s else on_s + off_s - within_s
