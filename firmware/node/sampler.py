# Readings in, one row per channel and period out. Does not depend on where a reading comes from, and changes the value of none; what is
# doubted is decided by qa.py, size_order.py and twins.py, for the slots whose settings it is given. Pure.
#
# The mean is by time, not by count: a streaming part speaks every 2.3 s when the air is steady and five times a second when it
# moves (PMS5003 series data manual V2.3), so that a plain mean would over-weigh every puff. A reading stands for the time since
# the reading before it of its channel, in tenths of a second, at least one tenth and at most _HOLD: the slowest pace of a
# streaming part. Readings that are further apart (polls, gaps) thus weigh the same. A reading counts in the period in which it came.
#
# mean = floor((2 * sum(value * tenths) + tenths) / (2 * tenths)): integers, half up; of a constant it is that constant. n is the
# number of readings. Tenths, because milliseconds would push the sum out of a 32-bit board's small integers: an allocation each.

from contract.quality import FEW_SAMPLES, NOT_MEASURED, OK, RANK, USABLE, VALUED
from node import transient_import, twins
from node.portable import const
from node.qa import ChannelQa, SlotQa
from node.size_order import SizeOrder, family

_HOLD = const(25)
_TENTH_MS = const(100)

# What a channel adds up in a period, twice in one list, because objects cost twice as much of the heap: of the readings that may be
# used, and of those that have a value and may not, which never enter the mean of the others.
_FIELDS = const(6)
_USABLE = const(0)
_VALUED = const(6)
_N = const(0)
_QUALITY = const(1)
_WEIGHT = const(2)
_SUM = const(3)
_MIN = const(4)
_MAX = const(5)

# Fewer than one of _SHARE readings that the pace of the part promises are few.
_SHARE = const(2)


class Sampler:
    """channels: [(slot, quantity id), ...], in the order of the rows. uptime_ms: clock.uptime_ms, or a test's. sensors: the rows of the
    settings of the slots whose readings are to be judged."""

    def __init__(self, channels: list, uptime_ms, sensors: "list | tuple" = ()):
        self._uptime_ms = uptime_ms
        self._rows = [_Channel(slot, quantity) for slot, quantity in channels]
        # An integer key: a tuple would be an allocation for every reading.
        self._channels = {row.slot << 8 | row.quantity: row for row in self._rows}
        self._sizes: list = []
        self._twins = twins.pairs(list(sensors))
        self._closed_ms = uptime_ms()
        for sensor in sensors:
            self._judge(sensor)

    def _judge(self, sensor: dict) -> None:
        slot = SlotQa(sensor)
        ranges = transient_import.call("contract.quantities", "ranges", [row.quantity for row in self._rows if row.slot == sensor["slot"]])
        columns: dict = {}
        for row in self._rows:
            if row.slot == sensor["slot"]:
                row.qa = ChannelQa(row.quantity, ranges[row.quantity], slot)
                row.least_n = sensor.get("min_samples", 0)
                row.pace_ms = max(_HOLD * _TENTH_MS, sensor.get("poll_ms", 0))
                column = family(row.quantity)
                if column >= 0:
                    row.sizes = columns.setdefault(column, SizeOrder())
                    row.sizes.channels[(row.quantity - 1) % 4] = row
        self._sizes.extend(columns.values())

    def add(self, slot: int, quantity: int, value: int, quality: int) -> None:
        """One reading, as a wire value; of a quality that has no value, the value is ignored. Raises KeyError on an unknown channel."""
        channel = self._channels[slot << 8 | quantity]
        if quality not in VALUED:
            channel.miss(quality)
            return
        now = self._uptime_ms()
        if channel.qa is not None:
            quality = channel.qa.judge(value, quality, now)
        if channel.sizes is not None:
            channel.sizes.add(quantity, value, quality, now)
        else:
            channel.add(value, quality, now)

    def miss(self, slot: int, quality: int) -> None:
        """A reading of every channel of the slot was due and did not come."""
        for channel in self._rows:
            if channel.slot == slot:
                channel.miss(quality)

    def close(self) -> list:
        """[[slot, quantity, quality, n(, mean, min, max)], ...], one row for every channel; a new period begins."""
        for sizes in self._sizes:
            sizes.flush()
        now = self._uptime_ms()
        duration_ms, self._closed_ms = now - self._closed_ms, now
        rows = [channel.close(duration_ms) for channel in self._rows]
        twins.judge(rows, self._twins)
        return rows


class _Channel:
    def __init__(self, slot: int, quantity: int):
        self.slot = slot
        self.quantity = quantity
        self.qa: "ChannelQa | None" = None
        self.sizes: "SizeOrder | None" = None
        self.least_n = 0
        self.pace_ms = 0
        self._last_ms: "int | None" = None
        self._sums = [0] * (2 * _FIELDS)
        self._reason = NOT_MEASURED

    def add(self, value: int, quality: int, now: int) -> None:
        _add(self._sums, _USABLE if quality in USABLE else _VALUED, value, quality, self._tenths(now))

    def miss(self, quality: int) -> None:
        self._reason = _worse(self._reason, quality)

    def close(self, duration_ms: int) -> list:
        row = [self.slot, self.quantity]
        sums = self._sums
        at = _USABLE if sums[_USABLE + _N] else _VALUED
        row.extend(_row(sums, at) if sums[at + _N] else (self._reason, 0))
        if row[2] == OK and self._is_few(row[3], duration_ms):
            row[2] = FEW_SAMPLES
        sums[_USABLE + _N] = sums[_VALUED + _N] = 0
        self._reason = NOT_MEASURED
        return row

    def _is_few(self, n: int, duration_ms: int) -> bool:
        if self.least_n:
            return n < self.least_n
        return self.pace_ms > 0 and n * _SHARE < duration_ms // self.pace_ms

    def _tenths(self, now: int) -> int:
        last = self._last_ms
        tenths = _HOLD if last is None else (now - last) // _TENTH_MS
        if last is not None and 1 <= tenths < _HOLD:
            self._last_ms = last + tenths * _TENTH_MS  # what is left over counts for the next reading
            return tenths
        self._last_ms = now
        return _HOLD if tenths >= _HOLD else 1


def _add(sums, at: int, value: int, quality: int, weight: int) -> None:
    if not sums[at + _N]:
        sums[at + _QUALITY] = OK
        sums[at + _WEIGHT] = sums[at + _SUM] = 0
        sums[at + _MIN] = sums[at + _MAX] = value
    elif value < sums[at + _MIN]:
        sums[at + _MIN] = value
    elif value > sums[at + _MAX]:
        sums[at + _MAX] = value
    sums[at + _N] += 1
    sums[at + _QUALITY] = _worse(sums[at + _QUALITY], quality)
    sums[at + _WEIGHT] += weight
    sums[at + _SUM] += value * weight


def _row(sums, at: int) -> tuple:
    weight = sums[at + _WEIGHT]
    mean = (2 * sums[at + _SUM] + weight) // (2 * weight)
    return sums[at + _QUALITY], sums[at + _N], mean, sums[at + _MIN], sums[at + _MAX]


def _worse(one: int, other: int) -> int:
    return one if RANK.index(one) >= RANK.index(other) else other
