"""Which names of areas and sites there are."""

from fleet.places.tables import area, site
from fleet.store.named import NamedThings

THINGS = {"area": NamedThings(area), "site": NamedThings(site)}
