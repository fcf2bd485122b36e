"""Rights as conditions of a query: which gateways and sensors lie in a scope, and in which areas one lies.

A gateway lies where its site does; a sensor where its node does, and in stock it may be taken by anybody who installs.
"""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, select

from fleet.devices.tables import gateway, sensor, sensor_stay
from fleet.people.rights import ANYWHERE, Scope
from fleet.places.scopes import Path, nodes_in, path_of_node, path_of_site, sites_in


def gateways_in(scope: Scope) -> Select[Any]:
    """The names of those in a scope that has limits."""
    return select(gateway.c.id).where(gateway.c.site_id.in_(sites_in(scope)))


def of_gateways(column: ColumnElement[Any], scope: Scope) -> list[ColumnElement[bool]]:
    """Conditions of a query: the column names gateways in the scope; none of the whole district."""
    return [] if scope.areas is None else [column.in_(gateways_in(scope))]


def sensors_in(scope: Scope) -> Select[Any]:
    """The names of those in a scope that has limits, and of those in stock."""
    here = select(sensor_stay.c.id).where(sensor_stay.c.sensor_id == sensor.c.id, sensor_stay.c.to_ms.is_(None))
    return select(sensor.c.id).where(~exists(here) | exists(here.where(sensor_stay.c.node_id.in_(nodes_in(scope)))))


def of_sensors(column: ColumnElement[Any], scope: Scope) -> list[ColumnElement[bool]]:
    """The same of a column that names sensors."""
    return [] if scope.areas is None else [column.in_(sensors_in(scope))]


def path_of_gateway(connection: Connection, name: str) -> Path:
    site = connection.execute(select(gateway.c.site_id).where(gateway.c.id == name)).scalar()
    return None if site is None else path_of_site(connection, site)


def path_of_sensor(connection: Connection, name: str) -> Path:
    """Of one that several nodes name: in the areas of all of them."""
    if connection.execute(select(sensor.c.id).where(sensor.c.id == name)).first() is None:
        return None
    here = select(sensor_stay.c.node_id).where(sensor_stay.c.sensor_id == name, sensor_stay.c.to_ms.is_(None))
    nodes = list(connection.execute(here).scalars())
    return tuple(area for node in nodes for area in path_of_node(connection, node) or ()) if nodes else ANYWHERE
