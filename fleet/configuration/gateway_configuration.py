"""What is wanted of a gateway beside its nodes: the sections of contract/site/sections.py that people write, as immutable revisions that
say who and why.

The contract is the judge of each section. A change of several sections is one change: accepted whole, or refused with every fault.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from contract.faults import MISSING, Fault, below
from contract.site import sections
from contract.site.canonical import canonical_bytes
from contract.site.errors import CanonicalError
from contract.site.sections import Section
from fleet.configuration import desired, revisions
from fleet.configuration.difference import Difference, of_section, removed_sources
from fleet.configuration.history import History, Version, history
from fleet.configuration.signing import SigningKey
from fleet.devices.gateways import gateway_in_use, lock_gateway, require_gateway
from fleet.errors import InvalidError, NotFoundError, RemovalError
from fleet.people.audit import Act

_SOURCES = "sources"


@dataclass(frozen=True, slots=True)
class ConfigurationDifference:
    """removes: instruments, wired nodes and receivers that are taken away."""

    difference: list[Difference]
    removes: list[str]


def faults(parts: Mapping[str, Any]) -> list[Fault]:
    """Every fault, by path, with what is allowed. parts: by the key of its section."""
    known = sections.by_people()
    strangers = [Fault((key,), "one of the sections: " + ", ".join(known), MISSING) for key in parts if key not in known]
    return strangers + [fault for key, value in parts.items() if key in known for fault in _part_faults(known[key], value)]


def preview(connection: Connection, gateway: str, parts: Mapping[str, Any]) -> ConfigurationDifference:
    """What a change would change; only reads. Raises InvalidError with every fault, NotFoundError, RetiredError."""
    gateway_in_use(connection, gateway)
    found = faults(parts) if parts else [Fault(("configuration",), "at least one of " + ", ".join(sections.by_people()), MISSING)]
    found += desired.unknown_names(connection, gateway, parts)
    if found:
        raise InvalidError(*found)
    known, before = sections.by_people(), read(connection, gateway)
    differing = [one for key, value in parts.items() for one in of_section(key, known[key].named_by, before[key].value, value)]
    removes = removed_sources(before[_SOURCES].value, parts[_SOURCES]) if _SOURCES in parts else []
    return ConfigurationDifference(differing, removes)


def change(
    connection: Connection, act: Act, signing_key: SigningKey, gateway: str, parts: Mapping[str, Any], removes: list[str]
) -> tuple[int, ConfigurationDifference]:
    """New revisions of these sections, issued to the gateway: the version of its document. Raises as preview does, and RemovalError when it
    takes away what `removes` does not name."""
    lock_gateway(connection, gateway)
    changed = preview(connection, gateway, parts)
    if sorted(removes) != sorted(changed.removes):
        raise RemovalError(changed.removes)
    revisions.write(connection, act, gateway, parts)
    return desired.issue(signing_key, connection, gateway, act.now_ms), changed


def read(connection: Connection, gateway: str) -> dict[str, Version]:
    """The newest revision of each section. Raises NotFoundError."""
    require_gateway(connection, gateway)
    newest = revisions.newest(connection, gateway)
    return {key: _version(newest[key]) if key in newest else Version(0, section.empty) for key, section in sections.by_people().items()}


def restored(connection: Connection, gateway: str, key: str, version: int | None) -> Any:
    """The section as of that version; None: of the one before that is wanted now. Raises NotFoundError."""
    if version is None:
        before = _versions(connection, gateway, key, read(connection, gateway)[key].version, 1)
        version = before[0].version if before else 0
    return version_of(connection, gateway, key, version).value


def version_of(connection: Connection, gateway: str, key: str, version: int) -> Version:
    """Version 0: nothing was ever asked. Raises NotFoundError."""
    require_gateway(connection, gateway)
    found = [Version(0, sections.by_people()[key].empty)] if version == 0 else _versions(connection, gateway, key, version + 1, 1)
    if not found or found[0].version != version:
        raise NotFoundError("version", f"{version} of the {key} of {gateway}")
    return found[0]


def versions(connection: Connection, gateway: str, key: str, below: int | None, limit: int) -> History:
    """Raises NotFoundError."""
    require_gateway(connection, gateway)
    section = sections.by_people()[key]
    found = _versions(connection, gateway, key, below, limit + 1)
    return history(found, limit, section.empty, lambda before, after: of_section(key, section.named_by, before, after))


def _versions(connection: Connection, gateway: str, key: str, below: int | None, limit: int) -> list[Version]:
    return [_version(row) for row in revisions.of_part(connection, gateway, key, below, limit)]


def _version(row: Any) -> Version:
    return Version(row.version, json.loads(row.content), row.author, row.reason, row.created_ms)


def _part_faults(section: Section, value: Any) -> list[Fault]:
    found = section.faults(value)
    if isinstance(value, type(section.empty)):
        found = found + section.unknown_keys(value)
    try:
        canonical_bytes(value)
    except CanonicalError as error:
        found = found if error.fault.path in [fault.path for fault in found] else [*found, error.fault]
    return below((section.key,), found)
