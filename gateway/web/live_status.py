"""What the local page and the metrics show: of the process that runs, and of the buffer beside it. Changes nothing."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from contract import quantities
from contract.site import qualities
from gateway.configuration import Configuration
from gateway.counters import Counters
from gateway.health.status import read_status
from gateway.time.site_time import SiteTime
from gateway.uplink.fleet_link import ANSWERS
from gateway.web.metrics import MetricValues

_FRESH_S = 2.0


class LiveStatus:
    """Looks into the buffer at most every two seconds, however many ask."""

    def __init__(
        self,
        configuration: Configuration,
        counters: Counters,
        site: SiteTime,
        snapshot: Callable[[], dict[str, Any]],
        last_reports: Callable[[], dict[str, bytes]],
        own_rows: Callable[[], list[list[int]]],
    ) -> None:
        """`snapshot`: as it is saved for `status`. Since the start, `last_reports`: by node the body of its last one; `own_rows`: the last
        of each channel that the gateway reads itself."""
        self._site = site
        self._snapshot = snapshot
        self._state_folder = configuration.state
        self._budget_bytes = configuration.buffer.budget_bytes
        self._counters = counters
        self._last_reports = last_reports
        self._own_rows = own_rows
        self._looking = asyncio.Lock()
        self._seen: dict[str, Any] = {}
        self._seen_s: float | None = None

    async def shown(self) -> dict[str, Any]:
        """What `airgrid-gateway status --json` shows, with the last values of every node and of the gateway's own instruments, and the
        counters as they stand now."""
        async with self._looking:
            if self._seen_s is None or self._site.monotonic_s() - self._seen_s > _FRESH_S:
                self._seen = await asyncio.to_thread(read_status, self._state_folder, self._site.utc_ms(), self._snapshot())
                self._seen_s = self._site.monotonic_s()
        values = {node: last_values(body) for node, body in self._last_reports().items()}
        own = [_channel(*row) for row in self._own_rows()]
        return {**self._seen, "values": values, "own_values": own, "counters": self._counters.all(), "budget_bytes": self._budget_bytes}

    async def reading(self) -> MetricValues:
        shown = await self.shown()
        return MetricValues(shown["counters"], _gauges(shown))


def last_values(body: bytes) -> list[dict[str, Any]]:
    """The channels of a report in their units. `value` is None where there is no number; `quality` says why."""
    return [_channel(*row) for row in msgspec.json.decode(body)["ch"]]


def _channel(slot: int, quantity: int, quality: int, n: int, mean: int | None = None, *_: int) -> dict[str, Any]:
    value = None if mean is None else mean / quantities.scale(quantity)
    return {
        "slot": slot,
        "quantity": quantities.key(quantity),
        "unit": quantities.unit(quantity),
        "value": value,
        "n": n,
        "quality": qualities.KEYS[quality],
    }


def _gauges(shown: dict[str, Any]) -> dict[str, dict[str, float]]:
    nodes = shown.get("nodes", {})
    backlog = shown.get("backlog", {})
    found = {
        "waiting_items": backlog.get("lanes", {}),
        "oldest_waiting_seconds": backlog.get("oldest_s", {}),
        "node_heard_seconds": {node: state["heard_age_s"] for node, state in nodes.items()},
        "node_report_seconds": {node: state["report_age_s"] for node, state in nodes.items()},
        "buffer_bytes": {"": backlog.get("bytes")},
        "buffer_budget_bytes": {"": shown["budget_bytes"]},
        "broker_connected": {"": shown.get("broker_connected")},
        "fleet_answers": {"": shown.get("fleet", {}).get("state") == ANSWERS},
        "desired_version": {"": shown.get("desired_version")},
        "uptime_seconds": {"": _uptime_s(shown)},
    }
    return {name: {label: float(v) for label, v in values.items() if v is not None} for name, values in found.items()}


def _uptime_s(shown: dict[str, Any]) -> float | None:
    started_ms = shown.get("started_ms")
    return None if started_ms is None else max(0.0, (shown["at_ms"] - started_ms) / 1000)
