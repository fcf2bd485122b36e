"""Every answer carries the time at which it was given, so that a gateway without NTP can set its clock by it; and a gateway states with
each delivery what time it takes it to be.
"""

from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contract.site import device_api
from contract.values import MAX_INT

_MOST_DIGITS = 16


def skew_ms(stated: str | None, now_ms: int) -> int | None:
    """By how much a clock is ahead of ours that states this, now; None where it states nothing that is a time."""
    if stated is None or not (stated.isascii() and stated.isdecimal()) or len(stated) > _MOST_DIGITS or int(stated) > MAX_INT:
        return None
    return int(stated) - now_ms


class TimeHeaderMiddleware:
    """On the device API only. `utc_ms`: the service's clock."""

    def __init__(self, app: ASGIApp, utc_ms: Callable[[], int]) -> None:
        self._app = app
        self._utc_ms = utc_ms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[device_api.TIME_HEADER] = str(self._utc_ms())
            await send(message)

        await self._app(scope, receive, timed if scope.get("path", "").startswith(device_api.PREFIX) else send)
