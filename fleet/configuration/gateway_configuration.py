"""What is wanted of a gateway beside its nodes: rules, calibrations, sources and settings, as immutable revisions that tell who and why.

The contract is the judge of each part. A change of several parts is one change: taken whole, or refused with every fault.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert

from contract.errors import CanonicalError
from contract.site import calibrations, desired_names, gateway_settings, rules, sources
from contract.site.canonical import canonical_bytes
from contract.site.desired_names import Names
from fleet.configuration import desired, revisions, tables
from fleet.configuration.signing import SigningKey
from fleet.devices.gateways import require_gateway
from fleet.errors import Fault, InvalidError
from fleet.people import audit
from fleet.people.audit import Act

_Check = Callable[[Any], list[tuple[str, str]]]


# part -> who judges it; what it is when nothing was ever asked.
CHECKS: Mapping[str, _Check] = {
    "settings": gateway_settings.faults,
    "rules": rules.faults,
    "calibrations": calibrations.faults,
    "sources": sources.faults,
}
# part -> the paths of keys that mean nothing: what a person mistyped must not be taken for its default.
KNOWN: Mapping[str, Callable[[Any], list[str]]] = {
    "settings": gateway_settings.unknown_keys,
    "rules": rules.unknown_keys,
    "calibrations": calibrations.unknown_keys,
    "sources": sources.unknown_keys,
}
_EMPTY: Mapping[str, Any] = {"settings": {}, "rules": [], "calibrations": [], "sources": []}


@dataclass(frozen=True, slots=True)
class Revision:
    """Version 0: nothing was ever asked."""

    version: int
    value: Any
    author: str = ""
    reason: str = ""
    created_ms: int = 0


def faults(parts: Mapping[str, Any]) -> list[Fault]:
    """Every fault, by path, with what is allowed."""
    return [fault for part, value in parts.items() for fault in _part_faults(part, value)]


def change(connection: Connection, act: Act, signing_key: SigningKey, gateway: str, parts: Mapping[str, Any]) -> int:
    """New revisions of these parts, told to the gateway: the version of its document. Raises InvalidError, NotFoundError."""
    require_gateway(connection, gateway, lock=True)
    found = faults(parts) if parts else [Fault("configuration", "at least one of " + ", ".join(CHECKS))]
    found += _strangers(connection, gateway, parts)
    if found:
        raise InvalidError(*found)
    newest = revisions.newest(connection, gateway)
    for part, value in parts.items():
        row = {"gateway_id": gateway, "part": part, "version": newest[part].version + 1 if part in newest else 1}
        row |= {"content": json.dumps(value, ensure_ascii=False), "author": act.who, "reason": act.reason, "created_ms": act.now_ms}
        connection.execute(insert(tables.gateway_revision), row)
    audit.record_change(connection, act, "gateway_configured", gateway)
    return desired.issue(signing_key, connection, gateway, act.now_ms)


def read(connection: Connection, gateway: str) -> dict[str, Revision]:
    """The newest revision of each part. Raises NotFoundError."""
    require_gateway(connection, gateway)
    newest = revisions.newest(connection, gateway)
    return {part: _revision(newest.get(part), empty) for part, empty in _EMPTY.items()}


def _revision(row: Any, empty: Any) -> Revision:
    return Revision(row.version, json.loads(row.content), row.author, row.reason, row.created_ms) if row else Revision(0, empty)


def _part_faults(part: str, value: Any) -> list[Fault]:
    judged = CHECKS[part](value)
    if isinstance(value, type(_EMPTY[part])):
        judged = judged + [(path, "no such key") for path in KNOWN[part](value)]
    found = [(path if path.startswith(part) else part + path.removeprefix("$"), allowed) for path, allowed in judged]
    try:
        canonical_bytes(value)
    except CanonicalError as error:
        where = part + error.path.removeprefix("$")
        found += [] if where in [path for path, _ in found] else [(where, error.reason)]
    return [Fault(path, allowed, _value_at({part: value}, path)) for path, allowed in found]


def _strangers(connection: Connection, gateway: str, parts: Mapping[str, Any]) -> list[Fault]:
    """Nodes that a part names and the gateway does not have: it would refuse the document. What else its site has, only it knows."""
    names = Names(gateway, desired.node_ids(connection, gateway), None, None, None)
    return [Fault(path, f"a node of this gateway: {what}", _value_at(parts, path)) for path, what in desired_names.faults(parts, names)]


def _value_at(place: Any, path: str) -> str | None:
    """What stands at a path such as rules[2].hold_s, as text; None where nothing does."""
    for step in path.replace("[", ".[").split("."):
        key: Any = int(step[1:-1]) if step.startswith("[") and step[1:-1].isdecimal() else step
        try:
            place = place[key]
        except (LookupError, TypeError):
            return None
    return repr(place)[:100]
