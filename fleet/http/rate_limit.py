"""How often a client may ask, by key; what is refused is counted and told how long to wait. Pure; the time is handed in."""

from math import ceil

from host.token_bucket import TokenBuckets


class RateLimit:
    def __init__(self, per_s: float, burst: float, max_keys: int = 4096) -> None:
        self._buckets = TokenBuckets(per_s, burst, max_keys)
        self.refused = 0

    def take(self, key: str, now_ms: int, amount: float = 1) -> int:
        """0 when allowed, else the seconds to wait. amount: at most the burst."""
        now_s = now_ms / 1000
        bucket = self._buckets.of(key, now_s)
        if bucket.take(now_s, amount):
            return 0
        self.refused += 1
        return max(1, ceil(bucket.wait_s(now_s, amount)))
