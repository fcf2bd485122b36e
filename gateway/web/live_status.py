"""What the local page and the metrics show: of the process that runs, and of the buffer beside it. Changes nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from contract import quantities
from contract.site import display_names, qualities
from contract.site.lateness import limits_s
from gateway.configuration import Configuration
from gateway.counters import Counters
from gateway.health.status import read_status
from gateway.outputs.switchboard import TEST_S
from gateway.time.site_time import SiteTime
from gateway.uplink.fleet_link import ANSWERS, FleetLink
from gateway.web.metrics import MetricValues

# While items wait, the fleet answers within seconds; else it is heard when its long poll ends.
_PROMPT_S = 15.0
_BAD_FACTOR = 4

Channels = list[dict[str, Any]]


@dataclass(frozen=True)
class Running:
    """What only the running process knows, asked for each answer. `snapshot`: as it is saved for `status`. Since the start, `last_reports`:
    by node the body of its last one; `own_rows`: the last of each channel that the gateway reads itself. `parts`: by node and slot."""

    link: FleetLink
    snapshot: Callable[[], dict[str, Any]]
    last_reports: Callable[[], dict[str, bytes]]
    own_rows: Callable[[], list[list[int]]]
    parts: Callable[[], dict[str, dict[int, str]]]


@dataclass(frozen=True)
class Moment:
    """What the running process knew at one moment, handed over to the thread that answers with it, and not changed any more."""

    utc_ms: int
    snapshot: dict[str, Any]
    last_reports: dict[str, bytes]
    own_rows: list[list[int]]
    parts: dict[str, dict[int, str]]
    counters: dict[str, int]
    # Of the last right answer of the fleet; None before the first.
    answer_age_s: float | None


class LiveStatus:
    def __init__(self, configuration: Configuration, counters: Counters, site: SiteTime, running: Running) -> None:
        self._configuration = configuration
        self._counters = counters
        self._site = site
        self._running = running

    def moment(self) -> Moment:
        """To be called where the gateway runs: copies, and looks at nothing that takes time."""
        running, answered_s = self._running, self._running.link.answered_s
        return Moment(
            self._site.utc_ms(),
            running.snapshot(),
            dict(running.last_reports()),
            running.own_rows(),
            running.parts(),
            self._counters.all(),
            None if answered_s is None else max(0.0, self._site.monotonic_s() - answered_s),
        )

    def shown(self, moment: Moment) -> dict[str, Any]:
        """What `airgrid-gateway status --json` shows, with the last values of every node and of the gateway's own instruments. Looks into
        the buffer; on any thread."""
        seen = read_status(self._configuration.state, moment.utc_ms, moment.snapshot)
        return {
            **seen,
            **_values(moment, seen),
            "counters": moment.counters,
            "budget_bytes": self._configuration.buffer.budget_bytes,
            "fleet_url": self._configuration.fleet.url,
            "fleet_answer": self._fleet_answer(moment, waits=bool(seen.get("backlog", {}).get("waiting"))),
            "alarm_test_s": TEST_S,
        }

    def _fleet_answer(self, moment: Moment, *, waits: bool) -> dict[str, float | None]:
        """`age_s`: of the last right answer, None before the first. Ages at which it is doubtful, and bad."""
        doubt_s = _PROMPT_S + (0 if waits else self._configuration.fleet.poll_wait_s)
        return {"age_s": moment.answer_age_s, "doubt_s": doubt_s, "bad_s": _BAD_FACTOR * doubt_s}


def metric_values(shown: dict[str, Any]) -> MetricValues:
    """Of what is shown."""
    return MetricValues(shown["counters"], _gauges(shown))


def _values(moment: Moment, seen: dict[str, Any]) -> dict[str, Any]:
    own = {slot: part for source in seen.get("sources", {}).values() for slot, part, _ in source["instruments"]}
    reports = {node: msgspec.json.decode(body) for node, body in moment.last_reports.items()}
    return {
        "values": {node: in_units(report["ch"], moment.parts.get(node, {})) for node, report in reports.items()},
        "limits_s": {node: limits_s(report["d"] / 1000) for node, report in reports.items()},
        "own_values": in_units(moment.own_rows, own),
    }


def in_units(rows: list[list[int]], parts: dict[int, str]) -> Channels:
    """The channels of a report with their values in units, first those that people look for first. `value` is None where there is no
    number; `quality` says why. `shown`: the value as pages write it."""
    channels = [_channel(parts, *row) for row in rows]
    return sorted(channels, key=lambda channel: (_PLACES.get(channel["quantity"], len(_PLACES)), channel["slot"]))


_PLACES = {key: place for place, keys in enumerate(display_names.FIRST) for key in keys}


def _channel(parts: dict[int, str], slot: int, quantity: int, quality: int, n: int, mean: int | None = None, *_: int) -> dict[str, Any]:
    key = quantities.key(quantity)
    value = None if mean is None else mean / quantities.scale(quantity)
    return {
        "slot": slot,
        "part": display_names.part(parts[slot]) if slot in parts else None,
        "quantity": key,
        "unit": quantities.unit(quantity),
        "value": value,
        "shown": None if value is None else display_names.rounded(key, value),
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
