"""The rows of the files of a district. What is not said stays as it is; of what is new some of it is needed (district_import.py)."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from contract.site.shapes import MAX_SLOT
from fleet.api.fields import Id, Latitude, LifeDays, Line, Longitude, Ms, Request, Text, whole
from fleet.api.nodes import Key
from fleet.api.sensors import Model, Note, SensorText, Serial
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


class GatewayRow(Request):
    id: Id
    site: Id | None = None
    notes: Text | None = None


class NodeRow(Request):
    id: Id
    gateway: Id | None = None
    site: Id | None = None
    key: Key | None = None


class SensorRow(Request):
    id: Id
    model: Model | None = None
    serial: Serial | None = None
    batch: SensorText | None = None
    first_use_ms: Ms | None = None
    expected_life_days: LifeDays | None = None
    note: Note | None = None
    node: Id | None = None
    slot: Annotated[int, Field(ge=0, le=MAX_SLOT), BeforeValidator(whole)] | None = None
