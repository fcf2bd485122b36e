"""Every answer carries the time at which it was given, so that a gateway without NTP can set its clock by it."""

from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contract.site import device_api


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
