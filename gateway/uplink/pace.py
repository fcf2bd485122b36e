"""How fast bytes may go out, so that a thin line keeps room for what matters more. Pure.

A debt that shrinks at the rate: who has sent much waits until the line has carried it. A rate of 0 knows no limit.
"""

_BATCH_S = 0.5  # what one batch may occupy of the line: an alarm waits no longer behind it
_LEAST_BYTES = 2048
_FIRST_RATIO = 4.0  # of a batch before gzip to its size after it, until one has been measured


class Pace:
    def __init__(self, bytes_per_s: float) -> None:
        self._bytes_per_s = bytes_per_s
        self._free_at_s = 0.0
        self._ratio = _FIRST_RATIO

    def change(self, bytes_per_s: float) -> None:
        """From the next batch on."""
        self._bytes_per_s = bytes_per_s

    def wait_s(self, now_s: float) -> float:
        return max(0.0, self._free_at_s - now_s) if self._bytes_per_s else 0.0

    def most_bytes(self, limit: int) -> int:
        """Of item bodies before gzip, in one batch."""
        if not self._bytes_per_s:
            return limit
        return max(_LEAST_BYTES, min(limit, int(self._bytes_per_s * _BATCH_S * self._ratio)))

    def spent(self, wire_bytes: int, body_bytes: int, now_s: float) -> None:
        """`body_bytes`: of the same items before gzip; 0 for a batch of none."""
        if body_bytes and wire_bytes:
            self._ratio = max(1.0, body_bytes / wire_bytes)
        if self._bytes_per_s:
            self._free_at_s = max(self._free_at_s, now_s) + wire_bytes / self._bytes_per_s


def slower(one: float, other: float) -> float:
    """The lower of two rates, of which 0 means none."""
    return min(one, other) if one and other else one or other
