"""The metrics in the text format of Prometheus, by its library. Imported by the first scrape: it costs 1 MB of memory."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.counters import MEANINGS
from gateway.web.metrics import GAUGES, PREFIX, MetricValues, counter_name


def exposition(reading: MetricValues) -> bytes:
    """In the text format of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(reading))
    return generate_latest(registry)


class _Once(Collector):
    def __init__(self, reading: MetricValues) -> None:
        self._reading = reading

    def collect(self) -> Iterator[Metric]:
        for name, count in self._reading.counters.items():
            yield CounterMetricFamily(counter_name(name), MEANINGS[name], value=count)
        for name, (label, meaning) in GAUGES.items():
            family = GaugeMetricFamily(PREFIX + name, meaning, labels=[label] if label else [])
            for of_label, value in self._reading.gauges.get(name, {}).items():
                family.add_metric([of_label] if label else [], value)
            yield family
