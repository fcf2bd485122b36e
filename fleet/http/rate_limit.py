"""How often someone may ask: a bucket of tokens for each key, filled at a steady rate. Pure; the time is handed in.

At `max_keys` the key that asked longest ago is forgotten, which gives it a full bucket again. `refused` counts.
"""

from collections import OrderedDict
from math import ceil


class RateLimit:
    def __init__(self, per_s: float, burst: float, max_keys: int = 4096) -> None:
        self._per_ms = per_s / 1000
        self._burst = burst
        self._max_keys = max_keys
        self._buckets: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self.refused = 0

    def take(self, key: str, now_ms: int, amount: float = 1) -> int:
        """0 when allowed, else the seconds to wait. amount: at most the burst."""
        level, at_ms = self._buckets.pop(key, (self._burst, now_ms))
        level = min(self._burst, level + (now_ms - at_ms) * self._per_ms)
        allowed = level >= amount
        self._buckets[key] = (level - amount if allowed else level, now_ms)
        if len(self._buckets) > self._max_keys:
            self._buckets.popitem(last=False)
        if allowed:
            return 0
        self.refused += 1
        return max(1, ceil((amount - level) / self._per_ms / 1000))
