"""Token buckets: so much at once, so much a second thereafter; one, or one for each key. Pure; the time is handed in, in s."""

from collections.abc import Hashable


class TokenBucket:
    """Holds `burst` at most. `left`: what it holds at the beginning, where it is not full."""

    __slots__ = ("_burst", "_filled_s", "_left", "_per_s")

    def __init__(self, per_s: float, burst: float, now_s: float, left: float | None = None) -> None:
        self._per_s = per_s
        self._burst = burst
        self._left = burst if left is None else max(0.0, min(burst, left))
        self._filled_s = now_s

    def take(self, now_s: float, amount: float = 1, leave: float = 0) -> bool:
        """Whether that much was there, beside what is to be left."""
        if self.left(now_s) - leave < amount:
            return False
        self._left -= amount
        return True

    def give_back(self, amount: float = 1) -> None:
        self._left = min(self._burst, self._left + amount)

    def left(self, now_s: float) -> float:
        self._left = min(self._burst, self._left + (now_s - self._filled_s) * self._per_s)
        self._filled_s = now_s
        return self._left

    def wait_s(self, now_s: float, amount: float = 1) -> float:
        """Until that much is there."""
        return max(0.0, (amount - self.left(now_s)) / self._per_s)


class TokenBuckets:
    """One bucket for each key. At `most_keys` the key that asked longest ago is forgotten, which gives it a full bucket again."""

    def __init__(self, per_s: float, burst: float, most_keys: int = 4096) -> None:
        self._per_s = per_s
        self._burst = burst
        self._most_keys = most_keys
        # The key that asked longest ago first.
        self._buckets: dict[Hashable, TokenBucket] = {}

    def __len__(self) -> int:
        """Keys that are remembered."""
        return len(self._buckets)

    def of(self, key: Hashable, now_s: float) -> TokenBucket:
        """Of a key that asks now."""
        bucket = self._buckets.pop(key, None) or TokenBucket(self._per_s, self._burst, now_s)
        self._buckets[key] = bucket
        if len(self._buckets) > self._most_keys:
            del self._buckets[next(iter(self._buckets))]
        return bucket
