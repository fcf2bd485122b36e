# Readings in, one row per channel and period out. Refuses to know where a reading comes from, and changes none.
#
# The mean is by time, not by count: a streaming part speaks every 2.3 s when the air is steady and five times a second when it
# moves (PMS5003 series data manual V2.3), so that a plain mean would over-weigh every puff. A reading stands for the time since
# the reading before it of its channel, in tenths of a second, at least one tenth and at most _HOLD: the slowest pace of a
# streaming part. Readings that are further apart (polls, gaps) thus weigh the same. A reading counts in the period in which it came.
#
# mean = floor((2 * sum(value * tenths) + tenths) / (2 * tenths)): integers, half up; of a constant it is that constant. n is the
# number of readings. Tenths, because milliseconds would push the sum out of a 32-bit board's small integers: an allocation each.

from contract.quality import (
    ASLEEP,
    CLEANING,
    EXCEPTION,
    FEW_SAMPLES,
    INCONSISTENT,
    NO_REPLY,
    NOT_MEASURED,
    OK,
    OUT_OF_RANGE,
    QUARANTINED,
    REJECTED,
    SATURATED,
    SENSOR_ERROR,
    SENTINEL,
    STEP,
    STUCK,
    TWIN_DISAGREES,
    USABLE,
    VALUED,
    WARMING_UP,
)
from node.portable import const

_HOLD = const(25)
_TENTH_MS = const(100)

# Of several qualities in a period, a row names the one nearest to the end: it says most about what is wrong.
RANK = (
    OK,
    FEW_SAMPLES,
    NOT_MEASURED,
    ASLEEP,
    WARMING_UP,
    CLEANING,
    QUARANTINED,
    NO_REPLY,
    REJECTED,
    EXCEPTION,
    SENTINEL,
    STEP,
    STUCK,
    TWIN_DISAGREES,
    INCONSISTENT,
    SATURATED,
    OUT_OF_RANGE,
    SENSOR_ERROR,
)


class Sampler:
    """channels: [(slot, quantity id), ...], in the order of the rows. uptime_ms: clock.uptime_ms, or a test's."""

    def __init__(self, channels: list, uptime_ms):
        self._uptime_ms = uptime_ms
        self._rows = [_Channel(slot, quantity) for slot, quantity in channels]
        # An integer key: a tuple would be an allocation for every reading.
        self._channels = {row.slot << 8 | row.quantity: row for row in self._rows}

    def add(self, slot: int, quantity: int, value: int, quality: int) -> None:
        """One reading, as a wire value; of a quality that has no value, the value is ignored. Raises KeyError on an unknown channel."""
        channel = self._channels[slot << 8 | quantity]
        if quality in VALUED:
            channel.add(value, quality, self._uptime_ms())
        else:
            channel.miss(quality)

    def miss(self, slot: int, quality: int) -> None:
        """A reading of every channel of the slot was due and did not come."""
        for channel in self._rows:
            if channel.slot == slot:
                channel.miss(quality)

    def close(self) -> list:
        """[[slot, quantity, quality, n(, mean, min, max)], ...], one row for every channel; a new period begins."""
        return [channel.close() for channel in self._rows]


class _Channel:
    def __init__(self, slot: int, quantity: int):
        self.slot = slot
        self.quantity = quantity
        self._last_ms: "int | None" = None
        # Apart, so that a reading that may not be used never enters the mean of those that may.
        self._usable = _Statistics()
        self._valued = _Statistics()
        self._reason = NOT_MEASURED

    def add(self, value: int, quality: int, now: int) -> None:
        statistics = self._usable if quality in USABLE else self._valued
        statistics.add(value, quality, self._tenths(now))

    def miss(self, quality: int) -> None:
        self._reason = _worse(self._reason, quality)

    def close(self) -> list:
        row = [self.slot, self.quantity]
        for statistics in (self._usable, self._valued):
            if statistics.n:
                row.extend(statistics.row())
                break
        else:
            row.extend((self._reason, 0))
        self._usable.restart()
        self._valued.restart()
        self._reason = NOT_MEASURED
        return row

    def _tenths(self, now: int) -> int:
        last = self._last_ms
        tenths = _HOLD if last is None else (now - last) // _TENTH_MS
        if last is not None and 1 <= tenths < _HOLD:
            self._last_ms = last + tenths * _TENTH_MS  # what is left over counts for the next reading
            return tenths
        self._last_ms = now
        return _HOLD if tenths >= _HOLD else 1


class _Statistics:
    def __init__(self):
        self.restart()

    def restart(self) -> None:
        self.n = 0
        self._quality = OK
        self._weight = 0
        self._sum = 0
        self._min = 0
        self._max = 0

    def add(self, value: int, quality: int, weight: int) -> None:
        if self.n == 0 or value < self._min:
            self._min = value
        if self.n == 0 or value > self._max:
            self._max = value
        self.n += 1
        self._quality = _worse(self._quality, quality)
        self._weight += weight
        self._sum += value * weight

    def row(self) -> tuple:
        mean = (2 * self._sum + self._weight) // (2 * self._weight)
        return self._quality, self.n, mean, self._min, self._max


def _worse(one: int, other: int) -> int:
    return one if RANK.index(one) >= RANK.index(other) else other
