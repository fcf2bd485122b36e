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
from fleet.configuration.signing import SigningKey
from fleet.devices.gateways import lock_gateway, require_gateway
from fleet.errors import InvalidError
from fleet.people.audit import Act


@dataclass(frozen=True, slots=True)
class Revision:
    """Version 0: nothing was ever asked."""

    version: int
    value: Any
    author: str = ""
    reason: str = ""
    created_ms: int = 0


def faults(parts: Mapping[str, Any]) -> list[Fault]:
    """Every fault, by path, with what is allowed. parts: by the key of its section."""
    known = sections.by_people()
    strangers = [Fault((key,), "one of the sections: " + ", ".join(known), MISSING) for key in parts if key not in known]
    return strangers + [fault for key, value in parts.items() if key in known for fault in _part_faults(known[key], value)]


def change(connection: Connection, act: Act, signing_key: SigningKey, gateway: str, parts: Mapping[str, Any]) -> int:
    """New revisions of these sections, issued to the gateway: the version of its document. Raises InvalidError, NotFoundError,
    RetiredError."""
    lock_gateway(connection, gateway)
    found = faults(parts) if parts else [Fault(("configuration",), "at least one of " + ", ".join(sections.by_people()), MISSING)]
    if found:
        raise InvalidError(*found, *desired.unknown_names(connection, gateway, parts))
    revisions.write(connection, act, gateway, parts)
    return desired.issue(signing_key, connection, gateway, act.now_ms)


def read(connection: Connection, gateway: str) -> dict[str, Revision]:
    """The newest revision of each section. Raises NotFoundError."""
    require_gateway(connection, gateway)
    newest = revisions.newest(connection, gateway)
    return {key: _revision(newest.get(key), section.empty) for key, section in sections.by_people().items()}


def _revision(row: Any, empty: Any) -> Revision:
    return Revision(row.version, json.loads(row.content), row.author, row.reason, row.created_ms) if row else Revision(0, empty)


def _part_faults(section: Section, value: Any) -> list[Fault]:
    found = section.faults(value)
    if isinstance(value, type(section.empty)):
        found = found + section.unknown_keys(value)
    try:
        canonical_bytes(value)
    except CanonicalError as error:
        found = found if error.fault.path in [fault.path for fault in found] else [*found, error.fault]
    return below((section.key,), found)
