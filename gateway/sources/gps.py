"""A GPS receiver on its line: the track of a mobile site. A lost place is recorded at once, so that nothing is ever placed wrongly."""

from typing import Any

from gateway.ports.serial_port import SerialPort
from gateway.ports.source_status import RUNNING, SILENT, SourceStatus
from gateway.sources.nmea import Fix, NmeaDecoder
from gateway.sources.track_keeper import TrackKeeper
from gateway.store.site.track import FIX, NO_FIX, Point
from gateway.store.site.track import SILENT as SILENT_POINT
from gateway.time.clock import Clock

_WAIT_S = 1.0


class GpsReceiver:
    """source: with defaults (contract.site.sources). Times without a place are in the track."""

    periods = None

    def __init__(self, source: dict[str, Any], device: str, track: TrackKeeper, clock: Clock) -> None:
        self.status = SourceStatus(source["kind"], source["port"])
        self._source = source
        self._clock = clock
        self._device = device
        self._track = track
        self._kept_ms: int | None = None  # monotonic, of the newest point that is kept
        self._known = ""

    def instruments(self) -> list[list[Any]]:
        return []

    async def run(self) -> None:
        port = SerialPort(self._device, self._source["baud"])
        self._known = ""
        try:
            self._mark(SILENT_POINT)  # whatever is in the track: the receiver has not sent anything yet
            port.open()
            self.status.state = RUNNING
            decoder = NmeaDecoder()
            heard_ms = self._clock.monotonic_ms()
            while True:
                data = await port.read(_WAIT_S)
                sentences = decoder.counters["sentences"]
                decoder.feed(data)
                self.status.counters.update(decoder.counters)
                if decoder.counters["sentences"] > sentences:
                    heard_ms = self._clock.monotonic_ms()
                elif self._clock.monotonic_ms() - heard_ms > 1000 * self._source["silent_s"]:
                    self._mark(SILENT_POINT)
                    self.status.state = SILENT
                while (fix := decoder.next_fix()) is not None:
                    self._handle_fix(fix)
        finally:
            self._mark(SILENT_POINT)
            port.close()

    def _handle_fix(self, fix: Fix) -> None:
        self.status.heard(self._track.utc_ms())
        if fix.fix is None:
            self.status.count("without_fix")
            self._mark(NO_FIX)
            return
        now_ms = self._clock.monotonic_ms()
        if self._known == FIX and self._kept_ms is not None and now_ms - self._kept_ms < self._source["track_ms"]:
            return
        self._known, self._kept_ms = FIX, now_ms
        self.status.count("points")
        self._track.add(Point(self._track.utc_ms(), FIX, fix.lat_e7, fix.lon_e7, fix.speed_mm_s, fix.fix, fix.hdop_x100))

    def _mark(self, state: str) -> None:
        # Once: in the track a state holds until the next point.
        if self._known != state:
            self._known = state
            self._track.add(Point(self._track.utc_ms(), state))
