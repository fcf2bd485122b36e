# Is a reading to be believed? Decided from the reading and those before it, by tables; a doubted reading keeps its number and gains a
# quality code. What a part reports about its own reading stands. Twins are compared in twins.py, sizes of particles in size_order.py.
# Pure.
#
#   OUT_OF_RANGE  beyond the quantity's range, or above the sensor's greatest_ugm3
#   SATURATED     at saturates_ugm3 or above: the part's end of range, a setting, because it differs by part
#   STUCK         no reading of the slot has changed for stuck_s, times the quantity's patience. Of the slot, not of the channel: in
#                 steady clean air a channel of whole ug/m3 stands still for hours, but a part that lives moves one of its channels. Zero
#                 is never stuck: it is what clean air and calm look like. Patience 24 is for what changes slowly; 0: never judged.
#   STEP          from the last believed reading by more than the absolute and the relative limit. The next reading that agrees with a
#                 doubted one confirms it: an episode lasts, damage does not.

from contract.quality import OK, OUT_OF_RANGE, SATURATED, STEP, STUCK
from node.portable import const

# Readings further apart do not confirm each other: the part slept, or was not asked. The slowest poll is each 60 s.
_GAP_MS = const(150000)
_PM_LAST = const(12)

# first and last quantity; step: absolute (in wire values), per cent of the greater (0, 0: none); patience
LIMITS = (
    (1, 12, 10000, 50, 1),
    (20, 26, 100000, 50, 1),
    (30, 30, 5000, 50, 24),
    (31, 37, 0, 0, 24),
    (40, 40, 1000, 20, 24),
    (41, 41, 2000, 20, 24),
    (42, 42, 2000, 1, 24),
    (43, 43, 0, 0, 24),
)


def limits(quantity: int) -> tuple:
    """(step, step per cent, patience) of the quantity; zeros where nothing is judged."""
    for row in LIMITS:
        if row[0] <= quantity <= row[1]:
            return row[2:]
    return 0, 0, 0


def jumps(before: int, after: int, absolute: int, percent: int) -> bool:
    difference = abs(after - before)
    return difference > absolute and difference * 100 > max(abs(before), abs(after)) * percent


class SlotQa:
    """What the channels of one sensor share. sensor: its row of the settings; what it does not name is not judged."""

    def __init__(self, sensor: dict):
        self.stuck_ms = sensor.get("stuck_s", 0) * 1000
        self.greatest = sensor.get("greatest_ugm3", 0)
        self.saturates = sensor.get("saturates_ugm3", 0)
        self.changed_ms = 0
        self.heard_ms = -_GAP_MS

    def heard(self, changed: bool, now: int) -> None:
        if changed or now - self.heard_ms >= _GAP_MS:
            self.changed_ms = now
        self.heard_ms = now


class ChannelQa:
    """bounds: (scale, least, greatest) of the quantity, as wire values."""

    def __init__(self, quantity: int, bounds: tuple, slot: SlotQa):
        scale, self._least, self._greatest = bounds
        self._slot = slot
        self._saturates = 0
        if quantity <= _PM_LAST:
            self._greatest = slot.greatest * scale or self._greatest
            self._saturates = slot.saturates * scale
        self._step, self._percent, patience = limits(quantity)
        self._stuck_ms = slot.stuck_ms * patience
        self._last = 0
        self._believed = 0
        self._doubted: "int | None" = None
        self._heard_ms = -_GAP_MS

    def judge(self, value: int, quality: int, now: int) -> int:
        """The quality of this reading. Allocates nothing."""
        self._slot.heard(value != self._last, now)
        self._last = value
        if quality == STEP:
            self._doubted = value
        if quality != OK:
            return quality
        if not self._least <= value <= self._greatest:
            return OUT_OF_RANGE
        if self._saturates and value >= self._saturates:
            return SATURATED
        if self._steps(value, now):
            return STEP
        if value and self._stuck_ms and now - self._slot.changed_ms >= self._stuck_ms:
            return STUCK
        return OK

    def _steps(self, value: int, now: int) -> bool:
        fresh = now - self._heard_ms < _GAP_MS
        self._heard_ms = now
        doubted, self._doubted = self._doubted, None
        if fresh and self._step and self._jumps(self._believed, value) and (doubted is None or self._jumps(doubted, value)):
            self._doubted = value
            return True
        self._believed = value
        return False

    def _jumps(self, before: int, after: int) -> bool:
        return jumps(before, after, self._step, self._percent)
