"""Readings of instruments in, one row per channel and period out, by the rules of a node's sampler. Pure.

An instrument is asked at an even pace, so a plain mean is the mean by time: floor((2 * sum + n) / (2 * n)), half up. What may be used is
never mixed with what may not. Fewer than half of the readings that the pace promises are few.
"""

from contract.quality import FEW_SAMPLES, NOT_MEASURED, OK, RANK, USABLE, VALUED

_SHARE = 2


class Averages:
    """channels: (slot, quantity) in the order of the rows; pace_ms: of each slot, 0 for no promise."""

    def __init__(self, channels: list[tuple[int, int]], pace_ms: dict[int, int]) -> None:
        self._channels = {channel: _Channel() for channel in channels}
        self._pace_ms = pace_ms

    def add(self, slot: int, quantity: int, value: int, quality: int) -> None:
        """A value, in the scale of its quantity; of a quality that has no value it is ignored."""
        self._channels[slot, quantity].add(value, quality)

    def miss(self, slot: int, quality: int) -> None:
        """A reading of every channel of the slot was due and did not come."""
        for (of_slot, _), channel in self._channels.items():
            if of_slot == slot:
                channel.add(0, quality)

    def miss_all(self, quality: int) -> None:
        for channel in self._channels.values():
            channel.add(0, quality)

    @property
    def has_readings(self) -> bool:
        """Since the last close, whether they may be used or not."""
        return any(channel.has_readings for channel in self._channels.values())

    def close(self, duration_ms: int) -> list[list[int]]:
        """The rows of the period; a new one begins."""
        rows = []
        for (slot, quantity), channel in self._channels.items():
            row = [slot, quantity, *channel.close()]
            pace_ms = self._pace_ms.get(slot, 0)
            if row[2] == OK and pace_ms and row[3] * _SHARE < duration_ms // pace_ms:
                row[2] = FEW_SAMPLES
            rows.append(row)
        return rows


class _Channel:
    # At most a reading each half second of a quarter of an hour.
    def __init__(self) -> None:
        self._usable: list[int] = []
        self._valued: list[int] = []
        self._valued_quality = OK
        self._reason = NOT_MEASURED

    def add(self, value: int, quality: int) -> None:
        if quality in USABLE:
            self._usable.append(value)
        elif quality in VALUED:
            self._valued.append(value)
            self._valued_quality = _worse(self._valued_quality, quality)
        else:
            self._reason = _worse(self._reason, quality)

    @property
    def has_readings(self) -> bool:
        return bool(self._usable or self._valued)

    def close(self) -> list[int]:
        if self._usable:
            row = [OK, *_statistics(self._usable)]
        elif self._valued:
            row = [self._valued_quality, *_statistics(self._valued)]
        else:
            row = [self._reason, 0]
        self._usable, self._valued = [], []
        self._valued_quality, self._reason = OK, NOT_MEASURED
        return row


def _statistics(values: list[int]) -> list[int]:
    n = len(values)
    return [n, (2 * sum(values) + n) // (2 * n), min(values), max(values)]


def _worse(one: int, other: int) -> int:
    return one if RANK.index(one) >= RANK.index(other) else other
