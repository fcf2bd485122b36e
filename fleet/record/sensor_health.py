"""The sensors of a site with what they measured last: whether each is well, at one look."""

from dataclasses import dataclass

from sqlalchemy import Connection

from fleet.devices import sensors
from fleet.devices.sensors import Sensor, Wanted
from fleet.places.deployment_rows import standing_at
from fleet.record.latest import LatestValue, latest

# Of one site: nodes and slots are few.
MOST_SENSORS = 1000


@dataclass(frozen=True, slots=True)
class InstalledHealth:
    """A sensor in a slot of a node at the site. is_due: its expected life is over. channels: the newest value of each channel of its slot,
    with its quality and its age, since it came; none where nothing has come since."""

    node: str
    slot: int
    from_ms: int
    is_due: bool
    sensor: Sensor
    channels: list[LatestValue]


def of_site(connection: Connection, site: str, now_ms: int) -> list[InstalledHealth]:
    """By node and slot."""
    nodes = standing_at(connection, site)
    newest = {node: one.channels for node in nodes for one in latest(connection, now_ms, only=node)}
    found = [
        InstalledHealth(
            place.node, place.slot, place.from_ms, sensor.end_of_life_ms is not None and sensor.end_of_life_ms <= now_ms, sensor,
            [one for one in newest.get(place.node, []) if one.slot == place.slot and one.start_ms >= place.from_ms],
        )
        for sensor in sensors.sensors(connection, Wanted(site=site, with_retired=True), MOST_SENSORS)
        for place in sensor.places
        if place.site == site
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.node, one.slot))
