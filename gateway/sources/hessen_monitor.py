"""A reference monitor that speaks Bayern-Hessen: asked evenly, averaged per period, each of its values a channel of one slot."""

from fractions import Fraction
from typing import Any

from contract.quality import NO_REPLY, OK, OUT_OF_RANGE, REJECTED, SENSOR_ERROR
from contract.quantities import ID, in_range, scale
from contract.site.shapes import MAX_SCALED
from gateway.ports.serial_port import SerialPort
from gateway.ports.source_status import RUNNING, SILENT, SourceStatus
from gateway.sources.averages import Averages
from gateway.sources.bayern_hessen import OFF_DUTY, HessenDecoder, Value, question
from gateway.sources.period_reports import PeriodReports
from gateway.sources.source import Publishes
from gateway.time.clock import Clock


class HessenMonitor:
    """source: with defaults (contract.site.sources)."""

    def __init__(self, source: dict[str, Any], device: str, publisher: Publishes, clock: Clock) -> None:
        self.status = SourceStatus(source["kind"], source["port"])
        self._source = source
        self._clock = clock
        self._device = device
        self._publisher = publisher
        self._slot: int = source["slot"]
        self._channels = {channel["id"]: channel for channel in source["channels"]}
        self._averages = Averages([(self._slot, ID[one["quantity"]]) for one in source["channels"]], {self._slot: source["poll_ms"]})
        self.periods = PeriodReports(source["period_ms"], self._averages, self.status, publisher, clock)

    def instruments(self) -> list[list[Any]]:
        return [[self._slot, "bayern_hessen", self._source["serial"]]]

    async def run(self) -> None:
        port = SerialPort(self._device, self._source["baud"], self._source["parity"])
        try:
            port.open()
            self.status.state = RUNNING
            due_ms = self._clock.monotonic_ms()
            while True:
                await self._ask(port)
                now_ms = self._clock.monotonic_ms()
                due_ms += self._source["poll_ms"] * ((now_ms - due_ms) // self._source["poll_ms"] + 1)
                await self._rest(port, due_ms)
        finally:
            port.close()

    async def _rest(self, port: SerialPort, due_ms: int) -> None:
        """Until the next question; what comes meanwhile was not asked for."""
        while (left_ms := due_ms - self._clock.monotonic_ms()) > 0:
            await port.read(left_ms / 1000)

    async def _ask(self, port: SerialPort) -> None:
        port.discard()
        decoder = HessenDecoder()
        await port.write(question())
        self.status.count("asked")
        until_ms = self._clock.monotonic_ms() + self._source["timeout_ms"]
        telegram: list[Value] | None = None
        while telegram is None and (left_ms := until_ms - self._clock.monotonic_ms()) > 0:
            decoder.feed(await port.read(left_ms / 1000))
            telegram = decoder.next_telegram()
        if telegram is not None:
            self._handle_telegram(telegram)
            return
        self.status.count("damaged" if decoder.counters["rejected"] else "silences")
        self.status.state = SILENT
        self._averages.miss(self._slot, REJECTED if decoder.counters["rejected"] else NO_REPLY)

    def _handle_telegram(self, telegram: list[Value]) -> None:
        self.status.heard(self._publisher.utc_ms())
        values = {value.id: value for value in telegram}
        for number, channel in self._channels.items():
            quantity = ID[channel["quantity"]]
            if number in values:
                self._averages.add(self._slot, quantity, *reading(values[number], channel, quantity))
            else:
                self._averages.add(self._slot, quantity, 0, NO_REPLY)


def reading(value: Value, channel: dict[str, Any], quantity: int) -> tuple[int, int]:
    """(wire value, quality), the value to the nearest."""
    number = Fraction(value.mantissa) * Fraction(10) ** value.exponent * scale(quantity) * channel["multiply"] / channel["divide"]
    scaled = round(number)
    if abs(scaled) > MAX_SCALED:
        return 0, REJECTED
    if value.error or value.status & OFF_DUTY:
        return scaled, SENSOR_ERROR
    return scaled, OK if in_range(quantity, scaled) else OUT_OF_RANGE
