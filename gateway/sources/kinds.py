"""The registry of sources: kind -> what makes one. A new kind is a row here and its rows in contract/site/source_kinds.py."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contract.site.source_kinds import BAM1020, BAYERN_HESSEN, GPS, MODBUS, NODES
from gateway.carriers.carrier import Deliver
from gateway.carriers.serial import SerialCarrier
from gateway.counters import Counters
from gateway.sources.bam_monitor import BamMonitor
from gateway.sources.gps import GpsReceiver
from gateway.sources.hessen_monitor import HessenMonitor
from gateway.sources.modbus_bus import ModbusBus
from gateway.sources.source import Source
from gateway.sources.track_keeper import TrackKeeper
from gateway.station.publisher import StationPublisher


@dataclass(frozen=True)
class SourceContext:
    """What a source may need of the gateway."""

    voice: StationPublisher
    track: TrackKeeper
    deliver: Deliver
    counters: Counters


Maker = Callable[[dict[str, Any], str, SourceContext], Source]

# Of a source with defaults and the device that its port is mapped to.
KINDS: dict[str, Maker] = {
    NODES: lambda source, device, around: SerialCarrier(source, device, around.deliver, around.counters, around.voice.utc_ms),
    MODBUS: lambda source, device, around: ModbusBus(source, device, around.voice),
    BAM1020: lambda source, device, around: BamMonitor(source, device, around.voice),
    BAYERN_HESSEN: lambda source, device, around: HessenMonitor(source, device, around.voice),
    GPS: lambda source, device, around: GpsReceiver(source, device, around.track),
}
