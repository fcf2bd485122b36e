"""What Prometheus reads: every counter of the table, and a few states. docs/metrics.md is made from the tables here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.counters import MEANINGS

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
class Reading:
    """Values of one moment. `gauges`: by name, then by label ("" where there is none)."""

    counters: Mapping[str, int]
    gauges: Mapping[str, Mapping[str, float]]


def counter_name(name: str) -> str:
    """ "items.stored" -> "airgrid_gateway_items_stored_total"."""
    return f"{PREFIX}{name.replace('.', '_')}_total"


def exposition(reading: Reading) -> bytes:
    """In the text format of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(reading))
    return generate_latest(registry)


class _Once(Collector):
    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def collect(self) -> Iterator[Metric]:
        for name, count in self._reading.counters.items():
            yield CounterMetricFamily(counter_name(name), MEANINGS[name], value=count)
        for name, (label, meaning) in GAUGES.items():
            family = GaugeMetricFamily(PREFIX + name, meaning, labels=[label] if label else [])
            for of_label, value in self._reading.gauges.get(name, {}).items():
                family.add_metric([of_label] if label else [], value)
            yield family
