# Is a frame to be believed whose sum is right? The sum of a Plantower frame is additive: two damaged bytes may cancel out. So on a
# line that has damaged something lately, a jump counts only when the next frame confirms it. Knows neither words' meanings nor lines.
# Pure.

from node.drivers.framing import word
from node.portable import const

NOISY_MS = const(30000)
_FIRST_WORD = const(4)
_FIRST_COUNT = const(16)
_END_OF_WORDS = const(28)
# Air moves by this much between two frames, and by a share of it. A count of few particles moves by itself.
_MASS_STEP, _MASS_SHARE = const(3), const(16)
_COUNT_STEP, _COUNT_SHARE = const(10), const(8)


def jumps(before: bytearray, after: bytearray, end: int) -> bool:
    """end: behind the last mass or count."""
    for at in range(_FIRST_WORD, end, 2):
        one, other = word(before, at), word(after, at)
        mass = at < _FIRST_COUNT
        room = _MASS_STEP + max(one, other) // _MASS_SHARE if mass else _COUNT_STEP + max(one, other) // _COUNT_SHARE
        if abs(one - other) > room:
            return True
    return False


class PlantowerWeakChecks:
    def __init__(self, counts: int):
        """counts: how many of them stand behind the masses."""
        self._end = _FIRST_COUNT + 2 * counts
        self._last = bytearray(_END_OF_WORDS)
        self._known = False
        self._skipped = 0
        self._noisy_until_ms = 0

    def is_doubtful(self, frame: bytearray, skipped_bytes: int, now: int) -> bool:
        """Whether this frame needs another like it. skipped_bytes: how many the parser has thrown away so far."""
        if skipped_bytes != self._skipped:
            self._skipped = skipped_bytes
            self._noisy_until_ms = now + NOISY_MS
        doubtful = self._known and now < self._noisy_until_ms and jumps(self._last, frame, self._end)
        for i in range(self._end):
            self._last[i] = frame[i]
        self._known = True
        return doubtful
