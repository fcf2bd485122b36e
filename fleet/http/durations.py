"""How long requests take, by route and status, for Prometheus. What a long poll waits is part of it.

By the route as it is written, not by the path that was asked for: strangers choose paths, and each would be a metric of its own.
"""

from collections.abc import Callable

from prometheus_client import Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_BUCKETS_S = (0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60)
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def new_histogram(name: str) -> Histogram:
    return Histogram(name, "how long requests took until their last byte was handed over", ("method", "route", "status"), registry=None,
                     buckets=_BUCKETS_S)  # fmt: skip


class Durations:
    def __init__(self, app: ASGIApp, histogram: Histogram, monotonic_ms: Callable[[], int]) -> None:
        self._app = app
        self._histogram = histogram
        self._monotonic_ms = monotonic_ms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_ms, status = self._monotonic_ms(), "none"

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, seen)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "other"
            route = getattr(scope.get("route"), "path", "none")
            self._histogram.labels(method, route, status).observe((self._monotonic_ms() - began_ms) / 1000)
