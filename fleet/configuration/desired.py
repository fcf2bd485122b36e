"""The desired document of a gateway: built from the store, made canonical, signed, and kept by version.

Issued within the transaction of the change that makes it necessary, so that a committed change always has its document.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from contract.faults import Fault
from contract.site import desired_names, device_api, sections
from contract.site.canonical import canonical_bytes
from contract.site.desired_names import Names
from fleet.configuration import revisions, tables, version_watch
from fleet.configuration.signing import SigningKey
from fleet.devices.gateways import advance_desired_version, desired_versions, raise_desired_version
from fleet.devices.tables import NO_KEY
from fleet.devices.tables import node as node_table
from fleet.errors import InvalidError
from fleet.people import audit
from fleet.people.audit import Act
from fleet.places.tables import deployment
from fleet.store.news import announce

# Older documents are deleted; their content can be found in the revisions.
KEPT_DOCUMENTS = 50


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """document: canonical bytes, over which the signature is."""

    version: int
    document: bytes
    key_id: str
    signature: str


def issue(signing_key: SigningKey, connection: Connection, gateway: str, now_ms: int) -> int:
    """The version of the new document. Raises InvalidError when it names a node that it does not list: its gateway would refuse it."""
    version = raise_desired_version(connection, gateway)
    content = _document(connection, gateway, version, now_ms)
    unknown = unknown_names(connection, gateway, content)
    if unknown:
        raise InvalidError(*unknown)
    document = canonical_bytes(content)
    row = {"gateway_id": gateway, "version": version, "issued_ms": now_ms, "document": document}
    connection.execute(insert(tables.desired), {**row, "key_id": signing_key.id, "signature": signing_key.sign(document)})
    old = tables.desired.c.gateway_id == gateway, tables.desired.c.version <= version - KEPT_DOCUMENTS
    connection.execute(delete(tables.desired).where(*old))
    announce(connection, version_watch.NEWS, version_watch.issued(gateway, version))
    return version


def may_overtake(version: int, have: int) -> bool:
    """Whether a gateway has a document that this store does not know of, as after a backup was restored."""
    return version < have <= version + device_api.MAX_VERSIONS_AHEAD


def overtake(connection: Connection, act: Act, signing_key: SigningKey, have: int) -> None:
    """Issues the next document above what the gateway, which is who acts, has: it takes only a greater version."""
    before = desired_versions(connection, {act.who})
    if advance_desired_version(connection, act.who, have):
        audit.record_change(connection, act, "document_overtaken", act.who, {"version": before[act.who]}, {"version": have + 1})
        issue(signing_key, connection, act.who, act.now_ms)


def newest(connection: Connection, gateway: str) -> SignedDocument:
    table = tables.desired
    query = select(table).where(table.c.gateway_id == gateway).order_by(table.c.version.desc()).limit(1)
    row = connection.execute(query).one()
    return SignedDocument(row.version, bytes(row.document), row.key_id, row.signature)


def unknown_names(connection: Connection, gateway: str, parts: Mapping[str, Any]) -> list[Fault]:
    """Nodes that a section names and the next document does not list. What else its site has, only the gateway knows. parts: by the key
    of its section; what has another fault is passed over."""
    names = Names(gateway, {node["node"] for node in _nodes(connection, gateway)}, None, None, None)
    return [
        Fault((key, *fault.path), f"a node of gateway {gateway}: {fault.allowed}", fault.value)
        for key, section in sections.by_people().items()
        for fault in desired_names.faults(section.names(parts.get(key)), names)
    ]


def _document(connection: Connection, gateway: str, version: int, now_ms: int) -> dict[str, Any]:
    written = {key: json.loads(row.content) for key, row in revisions.newest(connection, gateway).items()}
    empty = {key: section.empty for key, section in sections.by_people().items()}
    head = {"gateway": gateway, "version": version, "issued_ms": now_ms}
    return head | empty | written | {"nodes": _nodes(connection, gateway)}


def _nodes(connection: Connection, gateway: str) -> list[dict[str, Any]]:
    node, revision = node_table, tables.settings_revision
    of_version = (revision.c.node_id == node.c.id) & (revision.c.version == node.c.settings_version)
    query = (
        select(node.c.id, node.c.key_hex, node.c.settings_version, revision.c.settings)
        .select_from(node.join(deployment, deployment.c.node_id == node.c.id).outerjoin(revision, of_version))
        .where(deployment.c.gateway_id == gateway, deployment.c.to_ms.is_(None), node.c.key_hex != NO_KEY)
        .order_by(node.c.id)
    )
    return [_node(row) for row in connection.execute(query)]


def _node(row: Any) -> dict[str, Any]:
    settings = json.loads(row.settings) if row.settings else {}
    return {"node": row.id, "key": row.key_hex, "settings": settings, "settings_version": row.settings_version}
