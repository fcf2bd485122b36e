"""Lets requests to the fleet through when the gate (retry_gate.py) is open; while the fleet is away, tries to connect for all of them."""

import asyncio
import contextlib
from urllib.parse import urlsplit

from contract.site import device_api
from gateway.errors import FleetError
from gateway.time.clock import Clock
from gateway.uplink.retry_gate import RetryGate

_PROBE_TIMEOUT_S = 5.0
_PORTS = {"http": 80, "https": 443}

# What is known of the fleet by the last question to it.
UNKNOWN, ANSWERS, BUSY, AWAY, FAILS = "unknown", "answers", "busy", "away", "fails"


class FleetLink:
    """`state`, `reason` (unless it answers) and `answered_s` (by the steady clock, of the last right answer) are for health reports."""

    def __init__(self, url: str, gate: RetryGate, retry_after_cap_s: float, clock: Clock) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or _PORTS[parts.scheme])
        self._gate = gate
        self._clock = clock
        self._retry_after_cap_s = retry_after_cap_s
        self._one = asyncio.Lock()
        self.state = UNKNOWN
        self.reason = ""
        self.answered_s: float | None = None

    async def open(self) -> None:
        """Returns when the fleet may be asked: at once, while all is well."""
        while self._shut():
            async with self._one:
                if self._shut():
                    await self._try()

    def failed(self, error: FleetError) -> None:
        self.state, self.reason = FAILS, error.reason
        if error.unreachable:
            self.state = AWAY
            self._gate.unreachable(self._clock.monotonic_s())
        elif error.status in device_api.OVERLOADED_STATUSES:
            self.state = BUSY
            self._gate.overloaded(self._clock.monotonic_s(), min(error.retry_after_s, self._retry_after_cap_s))
        else:
            self._gate.reached()

    def answered(self) -> None:
        self.state, self.reason, self.answered_s = ANSWERS, "", self._clock.monotonic_s()
        self._gate.answered(self.answered_s)

    async def connects(self) -> bool:
        """One attempt to connect, with nothing sent: whether something accepts it in time."""
        try:
            async with asyncio.timeout(_PROBE_TIMEOUT_S):
                _, writer = await asyncio.open_connection(*self._address)
        except (TimeoutError, OSError):
            return False
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return True

    def _shut(self) -> bool:
        return self._gate.is_away or self._gate.wait_s(self._clock.monotonic_s()) > 0

    async def _try(self) -> None:
        await asyncio.sleep(self._gate.wait_s(self._clock.monotonic_s()))
        if not self._gate.is_away:
            return
        if await self.connects():
            self._gate.reached()
        else:
            self._gate.unreachable(self._clock.monotonic_s())
