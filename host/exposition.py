"""Metrics in the text format of Prometheus, by its library, which costs 1 MB of memory: a gateway imports this at the first scrape only."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


@dataclass(frozen=True)
class Family:
    """One metric. label: "" for one without labels, whose only value stands under "". counts: since a start, or a gauge."""

    name: str
    meaning: str
    label: str
    values: Mapping[str, float]
    counts: bool = False


def exposition(families: Iterable[Family], *collectors: Collector) -> bytes:
    """collectors: of the library, shown behind them. The name of a counter is without `_total` here."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(families))
    for collector in collectors:
        registry.register(collector)
    return generate_latest(registry)


class _Once(Collector):
    def __init__(self, families: Iterable[Family]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        for family in self._families:
            kind = CounterMetricFamily if family.counts else GaugeMetricFamily
            metric = kind(family.name, family.meaning, labels=[family.label] if family.label else [])
            for of_label, value in family.values.items():
                metric.add_metric([of_label] if family.label else [], value)
            yield metric
