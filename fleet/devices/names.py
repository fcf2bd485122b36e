"""Which names of gateways, nodes and sensors there are."""

from fleet.devices.tables import gateway, node, sensor
from fleet.store.named import NamedThings

THINGS = {"gateway": NamedThings(gateway), "node": NamedThings(node), "sensor": NamedThings(sensor)}
