"""The rows of the files of a district. What is not said stays as it is; of what is new some of it is needed (district_import.py)."""

from fleet.api.fields import Id, Latitude, Line, Longitude, Request
from fleet.api.sites import InletHeight, Surroundings
from fleet.places import grid, sites


class AreaRow(Request):
    id: Id
    level: grid.Level | None = None
    parent: Id | None = None
    kind: grid.Kind | None = None
    name_zh: Line | None = None
    name_en: Line | None = None


class SiteRow(Request):
    id: Id
    name: Line | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    area: Id | None = None
    kind: sites.Kind | None = None
    inlet_height_m: InletHeight | None = None
    surroundings: Surroundings | None = None
