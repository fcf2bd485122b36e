"""The metrics of the gateway as the library of Prometheus is given them."""

from collections.abc import Iterator

from gateway.counters import MEANINGS
from gateway.web.metrics import GAUGES, PREFIX, MetricValues, counter_name
from host.exposition import Family


def families(reading: MetricValues) -> Iterator[Family]:
    for name, count in reading.counters.items():
        yield Family(counter_name(name).removesuffix("_total"), MEANINGS[name], "", {"": count}, counts=True)
    for name, (label, meaning) in GAUGES.items():
        yield Family(PREFIX + name, meaning, label, reading.gauges.get(name, {}))
