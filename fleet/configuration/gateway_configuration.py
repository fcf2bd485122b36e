"""What is wanted of a gateway beside its nodes: the sections of contract/site/sections.py that people write, as immutable revisions that
say who and why.

The contract is the judge of each section. A change of several sections is one change: accepted whole, or refused with every fault. The
version of the whole is that of the gateway's desired document: it is raised by every change of a section, and by those of its nodes.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from contract.faults import MISSING, Fault, below
from contract.site import sections
from contract.site.canonical import canonical_bytes
from contract.site.errors import CanonicalError
from contract.site.sections import Section
from fleet.configuration import desired, revisions
from fleet.configuration.changing import Changed, Confirmed, Made, require_known, require_read
from fleet.configuration.difference import of_section, removed_of_section
from fleet.configuration.history import Version, Versions
from fleet.configuration.merge_patch import patched_section
from fleet.configuration.signing import SigningKey
from fleet.devices.gateways import desired_versions, gateway_in_use, lock_gateway, require_gateway
from fleet.errors import InvalidError
from fleet.people.audit import Act

Parts = Mapping[str, Any]
# What is wanted, by the key of its section, made of the values of all sections that are wanted now.
Make = Callable[[Connection, Parts], Parts]


def faults(parts: Parts) -> list[Fault]:
    """Every fault, by path, with what is allowed. parts: by the key of its section."""
    known = sections.by_people()
    strangers = [Fault((key,), "one of the sections: " + ", ".join(known), MISSING) for key in parts if key not in known]
    return strangers + [fault for key, value in parts.items() if key in known for fault in _part_faults(known[key], value)]


def preview(connection: Connection, gateway: str, make: Make, confirmed: Confirmed) -> Changed:
    """What a change would change; only reads. Raises NotFoundError, RetiredError, StaleError; InvalidError with every fault."""
    gateway_in_use(connection, gateway)
    return _judged(connection, gateway, make, confirmed)[1]


def change(connection: Connection, act: Act, signing_key: SigningKey, gateway: str, make: Make, confirmed: Confirmed) -> Made:
    """New revisions of these sections, issued to the gateway. Raises as preview does, and RemovalError when it takes away what was not
    confirmed."""
    lock_gateway(connection, gateway)
    parts, changed = _judged(connection, gateway, make, confirmed)
    require_known(changed, confirmed)
    revisions.write(connection, act, gateway, parts)
    version = desired.issue(signing_key, connection, gateway, act.now_ms)
    return Made(version, changed, {gateway: version})


def read(connection: Connection, gateway: str) -> dict[str, Version]:
    """The newest revision of each section. Raises NotFoundError."""
    require_gateway(connection, gateway)
    newest = revisions.newest(connection, gateway)
    return {key: _version(newest[key]) if key in newest else Version(0, section.empty) for key, section in sections.by_people().items()}


def patched(values: Parts, patch: Parts) -> Parts:
    """The sections that a patch names, after it. Raises InvalidError."""
    known = sections.by_people()
    return {key: patched_section(known[key], values[key], of_section) for key, of_section in patch.items()}


def restored(connection: Connection, gateway: str, key: str, version: int | None) -> Any:
    """The section as of that version; None: of the one before that is wanted now. Raises NotFoundError."""
    had = versions(connection, gateway, key)
    return (had.before(read(connection, gateway)[key].version) if version is None else had.whole(version)).value


def versions(connection: Connection, gateway: str, key: str) -> Versions:
    """Of one section. Raises NotFoundError."""
    require_gateway(connection, gateway)
    section = sections.by_people()[key]

    def stored(below: int | None, limit: int) -> list[Version]:
        return [_version(row) for row in revisions.of_part(connection, gateway, key, below, limit)]

    return Versions(
        f"the {key} of {gateway}", section.empty, lambda before, after: of_section(key, section.named_by, before, after), stored
    )


def _judged(connection: Connection, gateway: str, make: Make, confirmed: Confirmed) -> tuple[Parts, Changed]:
    version = desired_versions(connection, {gateway})[gateway]
    require_read(f"the configuration of {gateway}", version, confirmed)
    before = {key: one.value for key, one in read(connection, gateway).items()}
    parts, known = make(connection, before), sections.by_people()
    found = faults(parts) if parts else [Fault(("configuration",), "at least one of " + ", ".join(known), MISSING)]
    found += desired.unknown_names(connection, gateway, parts)
    if found:
        raise InvalidError(*found)
    compared = [(key, known[key].named_by, before[key], value) for key, value in parts.items()]
    differing = [difference for one in compared for difference in of_section(*one)]
    return parts, Changed(version, differing, [name for one in compared for name in removed_of_section(*one)])


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
