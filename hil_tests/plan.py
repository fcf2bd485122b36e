"""Which sites, nodes and sensors a bench has: data, nothing runs here. Pure."""

from dataclasses import dataclass, field
from typing import Any

from contract.parts import UART_PARTS


@dataclass(frozen=True)
class SensorPlan:
    slot: int
    part: str
    port: int
    address: int = 1

    def settings(self) -> dict[str, Any]:
        """As it stands in a node's settings."""
        described: dict[str, Any] = {"slot": self.slot, "part": self.part, "port": self.port}
        return described if self.part in UART_PARTS else {**described, "address": self.address, "poll_ms": 1000}


@dataclass(frozen=True)
class NodePlan:
    node: str
    site: str
    sensors: tuple[SensorPlan, ...]
    settings: dict[str, Any] = field(default_factory=dict)

    def as_shipped(self) -> dict[str, Any]:
        """The settings that provisioning writes."""
        return {**self.settings, "sensors": [sensor.settings() for sensor in self.sensors]}


@dataclass(frozen=True)
class SitePlan:
    id: str
    name: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class DistrictPlan:
    sites: tuple[SitePlan, ...]
    nodes: tuple[NodePlan, ...]


EAST_GATE = SitePlan("east-gate", "东门小学 East Gate School", 36.6012, 114.5031)
RIVER_PARK = SitePlan("river-park", "滨河公园 River Park", 36.6127, 114.4815)

PMS = SensorPlan(0, "pms5003", 0)
TVOC = SensorPlan(1, "jxct_tvoc", 1)


def small_district(**settings: int) -> DistrictPlan:
    """Two sites, four nodes: two with a PMS5003 and a TVOC transmitter, one with two PMS5003, one with temperature and humidity."""
    return DistrictPlan(
        (EAST_GATE, RIVER_PARK),
        (
            NodePlan("east-1", EAST_GATE.id, (PMS, TVOC), settings),
            NodePlan("east-2", EAST_GATE.id, (PMS, TVOC), settings),
            NodePlan("river-1", RIVER_PARK.id, (PMS, SensorPlan(1, "pms5003", 1)), settings),
            NodePlan("river-2", RIVER_PARK.id, (PMS, SensorPlan(1, "xy_md02", 1)), settings),
        ),
    )


def one_node(**settings: int) -> DistrictPlan:
    """One site with one node that has a PMS5003 and a TVOC transmitter."""
    return DistrictPlan((EAST_GATE,), (NodePlan("east-1", EAST_GATE.id, (PMS, TVOC), settings),))


def only_services() -> DistrictPlan:
    """One site without a node, for what speaks to the services by itself."""
    return DistrictPlan((EAST_GATE,), ())
