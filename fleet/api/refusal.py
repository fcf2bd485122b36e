"""What else is wrong with a request that is refused: names that there are not, and what it asks for in settings and sections. So that one
answer has every fault. Only reads, and only once it is known that nothing will be done.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import Connection

from contract.faults import MISSING, Fault, below
from contract.site import sections
from contract.topics import is_node_id
from fleet.api.placed import PATHS, WITHIN, is_seen
from fleet.configuration import desired, gateway_configuration, node_settings, settings_change
from fleet.configuration.merge_patch import patched
from fleet.devices import names as devices
from fleet.errors import InvalidError, NotFoundError, RetiredError
from fleet.http.names import no_such
from fleet.people.rights import Scope
from fleet.places import geometry, grid_changes
from fleet.places import names as places
from fleet.places.sites import CORRECTABLE

_KINDS = {**places.THINGS, **devices.THINGS}
# Field of a body -> of what kind the thing is that it names.
_NAMED = {"area": "area", "parent": "area", "site": "site", "gateway": "gateway", "replaces": "node", "sensor": "sensor"}
# Of the nearest among more than these no name is worth the search.
_MOST_NAMES = 5000


@dataclass(frozen=True, slots=True)
class Asked:
    """route: method and path, as the description has it. body: {} where there is none that can be read. sees: where who asks may know of
    things; others are not there."""

    route: str
    path: Mapping[str, Any]
    body: Mapping[str, Any]
    sees: Scope


def faults(connection: Connection, asked: Asked) -> list[Fault]:
    """Of names, then of what the request asks for. What of the body has not even the form is passed over."""
    found = _of_names(connection, asked)
    judge = JUDGES.get(asked.route)
    if judge is None:
        return found
    try:
        return found + judge(connection, _as_seen(connection, asked))
    except InvalidError as error:
        return found + error.faults
    except (NotFoundError, RetiredError):
        # Of a thing that there is not nothing can be asked: that it is not there has been found above.
        return found


def _as_seen(connection: Connection, asked: Asked) -> Asked:
    """Without the names of things that who asks may not know of: nothing may be found out from what is said of them."""
    unseen = [kind for kind, name in asked.path.items() if kind in PATHS and not is_seen(connection, asked.sees, kind, name)]
    return replace(asked, path={**asked.path, **dict.fromkeys(unseen, "")})


def _of_names(connection: Connection, asked: Asked) -> list[Fault]:
    reads = asked.route.startswith("GET ")
    of_name = partial(_of_name, connection, asked.sees)
    found = [of_name(kind, kind, asked.path.get(kind), reads) for kind in _KINDS]
    found += [of_name(field, kind, asked.body.get(field), False) for field, kind in _NAMED.items()]
    return [fault for fault in found if fault is not None]


def _of_name(connection: Connection, sees: Scope, field: str, kind: str, name: Any, retired_too: bool) -> Fault | None:
    if not isinstance(name, str) or not is_node_id(name):
        return None
    is_retired = _KINDS[kind].is_retired(connection, name) if is_seen(connection, sees, kind, name) else None
    if is_retired is None:
        known = _KINDS[kind].names(connection, _MOST_NAMES, lambda column: WITHIN[kind](column, sees))
        return Fault((field,), no_such(name, known, kind) if known else f"no such {kind}; there is none yet", name)
    if is_retired and not retired_too:
        return Fault((field,), f"a {kind} that is not retired", name)
    return None


def _new(kind: str) -> Callable[[Connection, Asked], list[Fault]]:
    def judge(connection: Connection, asked: Asked) -> list[Fault]:
        name, found = asked.body.get("id"), list[Fault]()
        # The same node once more, by its key, is no fault.
        is_new = isinstance(name, str) and is_node_id(name) and asked.body.get("key") is None
        if is_new and _KINDS[kind].is_retired(connection, str(name)) is not None:
            found.append(Fault(("id",), f"another name: there is a {kind} of this one", name))
        settings = asked.body.get("settings")
        return found + (node_settings.settings_faults(settings) if isinstance(settings, dict) else [])

    return judge


def _at_least_one(*names: str) -> Callable[[Connection, Asked], list[Fault]]:
    def judge(_: Connection, asked: Asked) -> list[Fault]:
        return [Fault((), "at least one of " + ", ".join(names), MISSING)] if _is_bare(asked) else []

    return judge


def _new_area(connection: Connection, asked: Asked) -> list[Fault]:
    return _new("area")(connection, asked) + _of_ground(asked)


def _corrected_area(connection: Connection, asked: Asked) -> list[Fault]:
    return _at_least_one(*grid_changes.CORRECTABLE)(connection, asked) + _of_ground(asked)


def _of_ground(asked: Asked) -> list[Fault]:
    ground = asked.body.get("geometry")
    return below(("geometry",), geometry.judge(ground)[1]) if isinstance(ground, dict) else []


def _settings(_: Connection, asked: Asked) -> list[Fault]:
    settings = asked.body.get("settings")
    return node_settings.settings_faults(settings) if isinstance(settings, dict) else []


def _patch_of_settings(connection: Connection, asked: Asked) -> list[Fault]:
    patch = asked.body.get("settings")
    if not isinstance(patch, dict):
        return []
    return node_settings.settings_faults(patched(_wanted(connection, asked), patch))


def _wanted(connection: Connection, asked: Asked) -> dict[str, Any]:
    try:
        return node_settings.read(connection, asked.path["node"]).desired.settings
    except NotFoundError:
        return {}


def _undo_of_settings(connection: Connection, asked: Asked) -> list[Fault]:
    return _of_version(asked, lambda version: settings_change.versions(connection, asked.path["node"]).whole(version))


def _undo_of_section(connection: Connection, asked: Asked) -> list[Fault]:
    gateway, section = asked.path["gateway"], asked.path["section"]
    if section not in sections.by_people():
        return []
    return _of_version(asked, lambda version: gateway_configuration.versions(connection, gateway, section).whole(version))


def _of_version(asked: Asked, find: Callable[[int], object]) -> list[Fault]:
    version = asked.body.get("version")
    if type(version) is not int or version < 0:
        return []
    try:
        find(version)
    except NotFoundError as error:
        return [Fault(("version",), "one of its history", version)] if error.kind == "version" else []
    return []


def _sections(connection: Connection, asked: Asked) -> list[Fault]:
    known = sections.by_people()
    parts = {key: asked.body[key] for key in known if isinstance(asked.body.get(key), type(known[key].empty))}
    return _of_sections(connection, asked, parts)


def _patch_of_sections(connection: Connection, asked: Asked) -> list[Fault]:
    known = sections.by_people()
    patch = {key: asked.body[key] for key in known if isinstance(asked.body.get(key), dict | list)}
    values = {key: one.value for key, one in gateway_configuration.read(connection, asked.path["gateway"]).items()}
    return _of_sections(connection, asked, gateway_configuration.patched(values, patch))


def _of_sections(connection: Connection, asked: Asked, parts: Mapping[str, Any]) -> list[Fault]:
    if not parts:
        return [Fault(("configuration",), "at least one of " + ", ".join(sections.by_people()), MISSING)] if _is_bare(asked) else []
    found = gateway_configuration.faults(parts)
    return found + desired.unknown_names(connection, asked.path["gateway"], parts)


def _is_bare(asked: Asked) -> bool:
    """Nothing is asked for, not even by a mistyped name."""
    return all(value is None or key in ("reason", "removes") for key, value in asked.body.items())


JUDGES: dict[str, Callable[[Connection, Asked], list[Fault]]] = {
    "POST /api/v1/areas": _new_area,
    "PATCH /api/v1/areas/{area}": _corrected_area,
    "POST /api/v1/sites": _new("site"),
    "PATCH /api/v1/sites/{site}": _at_least_one(*CORRECTABLE),
    "POST /api/v1/gateways": _new("gateway"),
    "PATCH /api/v1/gateways/{gateway}": _at_least_one("site", "notes"),
    "POST /api/v1/nodes": _new("node"),
    "PATCH /api/v1/nodes/{node}": _at_least_one("site", "gateway"),
    "POST /api/v1/sensors": _new("sensor"),
    "PUT /api/v1/nodes/{node}/settings": _settings,
    "PATCH /api/v1/nodes/{node}/settings": _patch_of_settings,
    "POST /api/v1/nodes/{node}/settings/undo": _undo_of_settings,
    "PUT /api/v1/gateways/{gateway}/configuration": _sections,
    "PATCH /api/v1/gateways/{gateway}/configuration": _patch_of_sections,
    "POST /api/v1/gateways/{gateway}/configuration/{section}/undo": _undo_of_section,
}
