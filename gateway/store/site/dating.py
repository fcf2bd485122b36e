"""When an item happened, and how well that is known. Pure: evidence in, a date out.

UTC = uptime + offset, where a boot's offset is known
  node    because the node wrote u and e into the item itself;
  anchor  because another item of the same boot did: its offset, and its error plus the drift over the distance between the two;
  bounds  not at all: it happened before it arrived, before anything of its boot that arrived earlier could be later, and after
          the end of the node's boot before. start_ms is the middle, error_ms half the width.
An item cannot have happened after it arrived: a time of its own, or an anchor, that says so is not used for it.
Every error is rounded up. Contradicting bounds (this machine's clock jumped) are widened until both hold.
"""

from dataclasses import dataclass

from contract.site import device_api
from gateway.items import Row

_UPTIME_STEP_MS = 600_000  # a boot's last uptime is a lower bound: saving it rarely is safe, and spares the disk
_ARRIVAL_STEP_MS = 1000


@dataclass(frozen=True)
class Dated:
    how: str
    start_ms: int
    error_ms: int


@dataclass(frozen=True)
class Anchor:
    """At `uptime_ms` of its boot UTC was uptime + offset, give or take the error."""

    uptime_ms: int
    offset_ms: int
    error_ms: int

    def error_at(self, uptime_ms: int, drift_ppm: int) -> int:
        return self.error_ms + drift_ms(uptime_ms - self.uptime_ms, drift_ppm)


@dataclass(frozen=True)
class Limits:
    """What this gateway may assume: the error of its own clock, the drift of a node's, and how old an undated item can be."""

    clock_error_ms: int
    drift_ppm: int
    undated_age_ms: int


@dataclass
class BootClock:
    """What is known of one boot's offset. `latest_offset_ms` is an upper bound; `not_before_ms` UTC at which the boot had not begun."""

    node: str
    boot: str
    anchor: Anchor | None = None
    latest_offset_ms: int | None = None
    not_before_ms: int | None = None
    last_uptime_ms: int = 0

    def learn(self, row: Row, limits: Limits) -> bool:
        """True when what was learnt is worth saving."""
        end_ms = row.uptime_ms + row.duration_ms
        upper_ms = row.arrived_ms + limits.clock_error_ms - end_ms
        worth = False
        if self.latest_offset_ms is None or upper_ms < self.latest_offset_ms:
            worth = self.latest_offset_ms is None or self.latest_offset_ms - upper_ms >= _ARRIVAL_STEP_MS
            self.latest_offset_ms = upper_ms
        if end_ms > self.last_uptime_ms:
            worth = worth or end_ms // _UPTIME_STEP_MS > self.last_uptime_ms // _UPTIME_STEP_MS
            self.last_uptime_ms = end_ms
        return worth if row.utc_ms is None else self._learn_anchor(row, limits) or worth

    def _learn_anchor(self, row: Row, limits: Limits) -> bool:
        # The best anchor is the one that dates the beginning of the boot best: later items carry their own time.
        if row.utc_ms is None or row.utc_error_ms is None or claims_the_impossible(row, limits):
            return False
        drift_ppm = limits.drift_ppm
        known = self.anchor
        if known is not None and row.uptime_ms >= known.uptime_ms and row.utc_error_ms >= known.error_ms:
            return False
        anchor = Anchor(row.uptime_ms, row.utc_ms - row.uptime_ms, row.utc_error_ms)
        if known is not None and anchor.error_at(0, drift_ppm) >= known.error_at(0, drift_ppm):
            return False
        self.anchor = anchor
        return True

    def earliest_end_ms(self, limits: Limits) -> int | None:
        """UTC before which this boot certainly had not ended: the next boot of the node began after it."""
        if self.anchor is not None:
            return self.anchor.offset_ms + self.last_uptime_ms - self.anchor.error_at(self.last_uptime_ms, limits.drift_ppm)
        if self.not_before_ms is not None:
            return self.not_before_ms + self.last_uptime_ms - drift_ms(self.last_uptime_ms, limits.drift_ppm)
        return None


def date(row: Row, clock: BootClock, limits: Limits) -> Dated:
    if row.utc_ms is not None and row.utc_error_ms is not None and not claims_the_impossible(row, limits):
        return Dated(device_api.BY_NODE, row.utc_ms, row.utc_error_ms)
    if clock.anchor is not None:
        dated = Dated(device_api.BY_ANCHOR, row.uptime_ms + clock.anchor.offset_ms, clock.anchor.error_at(row.uptime_ms, limits.drift_ppm))
        if not _after_arrival(row, dated.start_ms, dated.error_ms, limits):
            return dated
    return _between(*_bounds(row, clock, limits))


def claims_the_impossible(row: Row, limits: Limits) -> bool:
    """Whether by its own time the item ended only after it had arrived."""
    return row.utc_ms is not None and row.utc_error_ms is not None and _after_arrival(row, row.utc_ms, row.utc_error_ms, limits)


def _after_arrival(row: Row, start_ms: int, error_ms: int, limits: Limits) -> bool:
    # The duration is by the node's clock, which may be fast.
    end_ms = start_ms + row.duration_ms - drift_ms(row.duration_ms, limits.drift_ppm)
    return end_ms - error_ms > row.arrived_ms + limits.clock_error_ms


def drift_ms(elapsed_ms: int, drift_ppm: int) -> int:
    return -(-abs(elapsed_ms) * drift_ppm // 1_000_000)


def _bounds(row: Row, clock: BootClock, limits: Limits) -> tuple[int, int]:
    drift = drift_ms(max(clock.last_uptime_ms, row.uptime_ms), limits.drift_ppm)
    latest_ms = row.arrived_ms + limits.clock_error_ms - row.duration_ms
    if clock.latest_offset_ms is not None:
        latest_ms = min(latest_ms, clock.latest_offset_ms + row.uptime_ms + drift)
    earliest_ms = row.arrived_ms - limits.clock_error_ms - limits.undated_age_ms
    if clock.not_before_ms is not None:
        earliest_ms = max(earliest_ms, clock.not_before_ms + row.uptime_ms - drift)
    return earliest_ms, latest_ms


def _between(one_ms: int, other_ms: int) -> Dated:
    low_ms, high_ms = min(one_ms, other_ms), max(one_ms, other_ms)
    return Dated(device_api.BY_BOUNDS, (low_ms + high_ms) // 2, -(-(high_ms - low_ms) // 2))
