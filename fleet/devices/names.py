"""Which names of gateways and nodes there are."""

from fleet.devices.tables import gateway, node
from fleet.store.named import NamedThings

THINGS = {"gateway": NamedThings(gateway), "node": NamedThings(node)}
