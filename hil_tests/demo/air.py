"""The air of the demo: another one for each node, a little different at each of its sensors, and smoke at one site."""

import math

from hil_tests.sensors.scenario import Curve, Noisy, Scenario, Steady

LEVELS = {"east-1": 38.0, "east-2": 61.0, "river-1": 24.0, "river-2": 83.0}
SMOKY = "river-1"
SMOKE = 320.0
RISE_MS = 6000.0
# What the second sensor of a node breathes, of what the first one does.
BESIDE = 1.15


class Smoke:
    """A curve that comes and goes as it is told, `peak` more than without it."""

    def __init__(self, curve: Curve, peak: float = SMOKE) -> None:
        self._curve = curve
        self._peak = peak
        self._turned: tuple[float, float] | None = None
        self._share = 0.0
        self.is_on = False

    def at(self, t_ms: float) -> float:
        before_ms, share = self._turned or (t_ms, 0.0)
        wanted = 1.0 if self.is_on else 0.0
        self._share = wanted + (share - wanted) * math.exp(-max(0.0, t_ms - before_ms) / RISE_MS)
        self._turned = max(t_ms, before_ms), self._share
        return self._curve.at(t_ms) + self._peak * self._share


def air(smoke: Smoke | None = None) -> dict[str, dict[int, Scenario]]:
    """By node and slot. `smoke`: in the place of the curve of SMOKY."""
    return {node: {slot: _at(node, index, slot, smoke) for slot in (0, 1)} for index, node in enumerate(LEVELS)}


def ordinary(node: str) -> Curve:
    """Moving a little, so that the page lives."""
    return Noisy(Steady(LEVELS[node]), 0.12 * LEVELS[node], list(LEVELS).index(node))


def _at(node: str, index: int, slot: int, smoke: Smoke | None) -> Scenario:
    dust: Curve = smoke if smoke is not None and node == SMOKY else ordinary(node)
    return Scenario(
        {
            "pm2_5_atm": _Times(dust, BESIDE) if slot else dust,
            "tvoc": Noisy(Steady(120 + 60 * index), 25, index),
            "temperature": Noisy(Steady(3.5), 0.4, index),
            "humidity": Noisy(Steady(47), 2, index),
        }
    )


class _Times:
    def __init__(self, curve: Curve, factor: float) -> None:
        self._curve = curve
        self._factor = factor

    def at(self, t_ms: float) -> float:
        return self._factor * self._curve.at(t_ms)
