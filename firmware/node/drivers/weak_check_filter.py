# Is a value to be believed whose frame has a check of 8 bits? One damaged frame in 256 passes such a check. So on a line that has
# damaged something lately, a jump counts only when the next value confirms it. Knows no frames and no lines. Pure.

from node.portable import const

NOISY_MS = const(30000)


class WeakCheckFilter:
    def __init__(self, values: int):
        """values: how many a frame has."""
        self._last = [-1] * values
        self._skipped = 0
        self._noisy_until_ms = 0

    def feed(self, skipped_bytes: int, now: int) -> None:
        """Before the values of a frame. skipped_bytes: how many the parser has thrown away so far."""
        if skipped_bytes != self._skipped:
            self._skipped = skipped_bytes
            self._noisy_until_ms = now + NOISY_MS

    def is_doubtful(self, index: int, value: int, step: int, now: int) -> bool:
        """Whether this value needs another like it. step: air moves by this much between two frames, or by a quarter."""
        last = self._last[index]
        self._last[index] = value
        return now < self._noisy_until_ms and last >= 0 and abs(value - last) > step + max(last, value) // 4
