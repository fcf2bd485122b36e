"""Kinds of things that a path or a body names, and where each lies: what rights to it depend on."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Connection

from fleet.alarms.alarm_list import path_of_alarm
from fleet.devices.scopes import of_gateways, of_sensors, path_of_gateway, path_of_sensor
from fleet.errors import ForbiddenError, NotFoundError
from fleet.people.person import Person
from fleet.people.rights import Refusal, Scope, refusal_at
from fleet.places.scopes import Path, of_areas, of_nodes, of_sites, path_of_area, path_of_node, path_of_photo, path_of_site

# Kind -> in which areas the thing of a name lies.
PATHS: dict[str, Callable[[Connection, str], Path]] = {
    "alarm": path_of_alarm,
    "area": path_of_area,
    "site": path_of_site,
    "gateway": path_of_gateway,
    "node": path_of_node,
    "photo": path_of_photo,
    "sensor": path_of_sensor,
}
# Kind -> conditions of a column that names such things, which lie in a scope.
WITHIN: dict[str, Callable[[ColumnElement[Any], Scope], list[ColumnElement[bool]]]] = {
    "area": of_areas,
    "site": of_sites,
    "gateway": of_gateways,
    "node": of_nodes,
    "sensor": of_sensors,
}


def is_seen(connection: Connection, scope: Scope, kind: str, name: str) -> bool:
    """False also of what there is not; of the whole district that is not looked at."""
    if scope.areas is None:
        return True
    path = PATHS[kind](connection, name)
    return path is not None and scope.contains(path)


def refusal_on(connection: Connection, person: Person, kind: str, name: str) -> Refusal | None:
    """Why the person may not do what they are about to do on the thing of that name; None also of what there is not."""
    path = None if person.scope.areas is None else PATHS[kind](connection, name)
    return None if path is None else refusal_at(person.grants, person.action, path)


def require_outcome(connection: Connection, person: Person, kind: str, name: str) -> None:
    """At the end of a change: the thing must not lie by then where the person may not change it. Raises ForbiddenError."""
    refused = refusal_on(connection, person, kind, name)
    if refused:
        raise ForbiddenError(f"the {kind} would lie outside of your area")


def require_seen(connection: Connection, person: Person, kind: str, name: str, require: Callable[[Connection, str], None]) -> None:
    """Of a thing that a query names. require: raises NotFoundError of what there is not. Raises the same of what the person may not see."""
    require(connection, name)
    if not is_seen(connection, person.sees, kind, name):
        raise NotFoundError(kind, name)
