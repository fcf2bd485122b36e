"""A BAM-1020 on its line: asked for its last hour now and then; a new hour becomes a report of an hour, its letters an event."""

from typing import Any

from contract import messages
from contract.quality import VALUED
from contract.quantities import ID
from gateway.ports.serial_port import SerialPort
from gateway.ports.source_status import RUNNING, SILENT, SourceStatus
from gateway.sources.bam1020 import ASK_HEADER, ASK_RECORD, MENU, MENU_CSV, MENU_LAST_HOUR, BamDecoder, Hour
from gateway.sources.missing_hours import HOUR_MS, MissingHours
from gateway.station.publisher import StationPublisher
from gateway.time.clock import Clock

_QUIET_S = 1.0  # the monitor has sent all it had
_PATIENCE_S = 5.0  # for the first byte of it


class BamMonitor:
    """source: with defaults (contract.site.sources)."""

    def __init__(self, source: dict[str, Any], device: str, publisher: StationPublisher, clock: Clock) -> None:
        self.status = SourceStatus(source["kind"], source["port"])
        self._source = source
        self._clock = clock
        self._device = device
        self._publisher = publisher
        self._quantity = ID[source["quantity"]]
        self._last_end_ms: int | None = None
        error_ms = 1000 * source["clock_error_s"]
        slack_ms = error_ms + 2 * source["poll_ms"]
        self.periods = MissingHours(source["slot"], self._quantity, source["clock_offset_min"], error_ms, slack_ms, publisher)

    def instruments(self) -> list[list[Any]]:
        return [[self._source["slot"], "bam1020", self._source["serial"]]]

    async def run(self) -> None:
        port = SerialPort(self._device, self._source["baud"])
        try:
            port.open()
            self.status.state = RUNNING
            while True:
                asked_ms = self._clock.monotonic_ms()
                await self._ask(port)
                # Whatever it prints by itself meanwhile is for a printer, not for us.
                left_ms = self._source["poll_ms"] - (self._clock.monotonic_ms() - asked_ms)
                while left_ms > 0:
                    await port.read(left_ms / 1000)
                    left_ms = self._source["poll_ms"] - (self._clock.monotonic_ms() - asked_ms)
        finally:
            port.close()

    async def _ask(self, port: SerialPort) -> None:
        port.discard()
        decoder = BamDecoder()
        for words in (MENU, MENU_CSV, MENU_LAST_HOUR) if self._source["dialect"] == "csv" else (ASK_HEADER, ASK_RECORD):
            await port.write(words)
            await self._listen(port, decoder)
        hours = []
        while (hour := decoder.next_hour()) is not None:
            hours.append(hour)
        self.status.count("asked")
        self.status.count("rejected", decoder.counters["rejected"])
        if hours:
            self.status.heard(self._publisher.utc_ms())
            await self._handle_hour(hours[-1])
        else:
            self.status.state, self.status.reason = SILENT, "no record" if decoder.knows_columns else "no names of columns"

    async def _listen(self, port: SerialPort, decoder: BamDecoder) -> None:
        data = await port.read(_PATIENCE_S)
        while data:
            decoder.feed(data)
            data = await port.read(_QUIET_S)

    async def _handle_hour(self, hour: Hour) -> None:
        if hour.end_ms == self._last_end_ms:
            return
        slot = self._source["slot"]
        start_ms = max(0, hour.end_ms - HOUR_MS - 60_000 * self._source["clock_offset_min"])
        if not await self._publisher.has_reported(slot, self._quantity, start_ms):  # it may have been before a restart
            values = [1, *[hour.ugm3_x100] * 3] if hour.quality in VALUED else [0]
            self._publisher.report([[slot, self._quantity, hour.quality, *values]], start_ms, HOUR_MS, 1000 * self._source["clock_error_s"])
            self.status.count("hours")
            if hour.letters:
                self._publisher.publish_now(
                    messages.EVENT, {"k": "monitor_flags", "a": {"slot": slot, "start_ms": start_ms, "flags": hour.letters}}
                )
        self._last_end_ms = hour.end_ms
        self.periods.record_reported(start_ms)
