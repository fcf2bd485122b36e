"""How much may be written into a log: of each kind of line a few and then one a minute, and of all together so many bytes an hour. Pure.

With the numbers below, an hour of the worst fault is 200,000 + 3600 * 200 = 920,000 bytes, and 60 lines that tell what was left out.
"""

from collections import Counter
from collections.abc import Hashable

from host.token_bucket import TokenBucket, TokenBuckets

# Of one kind: so many at once, and one more each minute.
_AT_ONCE, _EVERY_S = 20, 60.0
_BYTES_AT_ONCE, _BYTES_PER_S = 200_000, 200.0
# Of the bytes at once, what lines that tell of nothing wrong leave to those that do.
_RESERVED_BYTES = 50_000
# Kinds that are remembered; full: the one longest not seen goes.
_MOST_KINDS = 500


class LogLimit:
    """A kind is where a line comes from, not what it says: of those there is no end."""

    def __init__(self, now_s: float) -> None:
        self._kinds = TokenBuckets(1 / _EVERY_S, _AT_ONCE, _MOST_KINDS)
        self._bytes = TokenBucket(_BYTES_PER_S, _BYTES_AT_ONCE, now_s)
        self._told_s = now_s
        self._left_out: Counter[str] = Counter()

    def admits(self, kind: Hashable, now_s: float) -> bool:
        """To be asked before a line is made."""
        return self._kinds.of(kind, now_s).take(now_s)

    def has_room(self, size: int, now_s: float, *, urgent: bool) -> bool:
        """Bytes of a line that was admitted. `urgent`: it tells of something wrong."""
        return self._bytes.take(now_s, size, leave=0 if urgent else _RESERVED_BYTES)

    def leave_out(self, place: str) -> None:
        self._left_out[place] += 1

    def pop_left_out(self, now_s: float, *, at_once: bool = False) -> Counter[str]:
        """How many lines were left out by the place they come from, once a minute; empty: none, or told less than a minute ago."""
        if not self._left_out or (now_s - self._told_s < _EVERY_S and not at_once):
            return Counter()
        left_out, self._left_out, self._told_s = self._left_out, Counter(), now_s
        return left_out
