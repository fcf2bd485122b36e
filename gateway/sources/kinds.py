"""The registry of sources: kind -> what makes one. A new kind is a row here and its rows in contract/site/source_kinds.py.

The module of a kind, with its libraries, is imported when the first source of that kind is made: a site pays for what it has.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contract.site.source_kinds import BAM1020, BAYERN_HESSEN, GPS, MODBUS, NODES
from gateway.carriers.carrier import Deliver
from gateway.counters import Counters
from gateway.sources.source import Source
from gateway.sources.track_keeper import TrackKeeper
from gateway.station.publisher import StationPublisher
from gateway.time.site_time import SiteTime


@dataclass(frozen=True)
class SourceContext:
    """What a source may need of the gateway."""

    publisher: StationPublisher
    track: TrackKeeper
    deliver: Deliver
    counters: Counters
    site: SiteTime


Maker = Callable[[dict[str, Any], str, SourceContext], Source]


def _nodes(source: dict[str, Any], device: str, context: SourceContext) -> Source:
    from gateway.carriers.serial import SerialCarrier

    return SerialCarrier(source, device, context.deliver, context.counters, context.site)


def _modbus(source: dict[str, Any], device: str, context: SourceContext) -> Source:
    from gateway.sources.modbus_bus import ModbusBus

    return ModbusBus(source, device, context.publisher, context.site.clock)


def _bam1020(source: dict[str, Any], device: str, context: SourceContext) -> Source:
    from gateway.sources.bam_monitor import BamMonitor

    return BamMonitor(source, device, context.publisher, context.site.clock)


def _bayern_hessen(source: dict[str, Any], device: str, context: SourceContext) -> Source:
    from gateway.sources.hessen_monitor import HessenMonitor

    return HessenMonitor(source, device, context.publisher, context.site.clock)


def _gps(source: dict[str, Any], device: str, context: SourceContext) -> Source:
    from gateway.sources.gps import GpsReceiver

    return GpsReceiver(source, device, context.track, context.site.clock)


# Of a source with defaults and the device that its port is mapped to.
KINDS: dict[str, Maker] = {NODES: _nodes, MODBUS: _modbus, BAM1020: _bam1020, BAYERN_HESSEN: _bayern_hessen, GPS: _gps}
