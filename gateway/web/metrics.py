"""What Prometheus reads: every counter of the table, and a few states (families.py). docs/metrics.md is made from this."""

from collections.abc import Mapping
from dataclasses import dataclass

PREFIX = "airgrid_gateway_"
Labels = tuple[str, ...]

# name: (label or "", meaning)
GAUGES: dict[str, tuple[str, str]] = {
    "waiting_items": ("lane", "items that wait for the fleet"),
    "oldest_waiting_seconds": ("lane", "how long the oldest of them has waited; absent: none waits"),
    "buffer_bytes": ("", "size of the buffer with its log"),
    "buffer_budget_bytes": ("", "size that it may have"),
    "node_heard_seconds": ("node", "since anything of this node was heard; absent: never since the start"),
    "node_report_seconds": ("node", "since a report of this node came; absent: none since the start"),
    "broker_connected": ("", "1 while the broker of the site is connected"),
    "fleet_answers": ("", "1 while the fleet answers as it should"),
    "desired_version": ("", "version of the desired document in force"),
    "uptime_seconds": ("", "since the gateway started"),
}


@dataclass(frozen=True)
class MetricValues:
    """Values of one moment. `gauges`: by name, then by label ("" for a gauge without labels)."""

    counters: Mapping[str, int]
    gauges: Mapping[str, Mapping[str, float]]


def counter_name(name: str) -> str:
    """ "items.stored" -> "airgrid_gateway_items_stored_total"."""
    return f"{PREFIX}{name.replace('.', '_')}_total"
