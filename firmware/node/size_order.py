# Particles of up to 1 um are part of those of up to 2.5, of 4 and of 10: readings of one moment that contradict this are all INCONSISTENT,
# because it is unknown which of them is wrong. Holds the readings of a moment until the next one begins, and passes them on with
# their time. Channels of one kind of column (CF=1, atmospheric, mass) are compared with each other only. Pure.

from contract.quality import INCONSISTENT, OK, STEP, STUCK
from node.portable import const

_SIZES = const(4)
_PM_LAST = const(12)
# Readings further apart are of two moments: a transmitter may need one question for each size.
_MOMENT_MS = const(200)


def family(quantity: int) -> int:
    """Which column the quantity belongs to: 0 CF=1, 1 atmospheric, 2 mass; -1: no size of particles."""
    return (quantity - 1) // _SIZES if 1 <= quantity <= _PM_LAST else -1


class SizeOrder:
    """The four channels of a column of one slot. channels: those that there are, else None, from PM1 to PM10."""

    def __init__(self):
        self.channels: list = [None] * _SIZES
        self._values = [0] * _SIZES
        self._qualities = [-1] * _SIZES  # -1: nothing heard at this moment
        self._now = 0
        self._some = False

    def add(self, quantity: int, value: int, quality: int, now: int) -> None:
        size = (quantity - 1) % _SIZES
        if self._some and (self._qualities[size] >= 0 or now - self._now >= _MOMENT_MS):
            self.flush()
        if not self._some:
            self._now = now
            self._some = True
        self._values[size] = value
        self._qualities[size] = quality

    def flush(self) -> None:
        """Passes on what is held. To be called before a period is closed."""
        if not self._some:
            return
        self._some = False
        contradicts = self._contradicts()
        for size in range(_SIZES):
            quality = self._qualities[size]
            if quality >= 0:
                self._qualities[size] = -1
                if contradicts and _may_be_judged(quality):
                    quality = INCONSISTENT
                self.channels[size].add(self._values[size], quality, self._now)

    def _contradicts(self) -> bool:
        least = 0
        some = False
        for size in range(_SIZES):
            if _may_be_judged(self._qualities[size]):
                if some and self._values[size] < least:
                    return True
                least = self._values[size]
                some = True
        return False


def _may_be_judged(quality: int) -> bool:
    return quality == OK or quality == STEP or quality == STUCK
