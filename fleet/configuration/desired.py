"""The desired document of a gateway: built from the store, made canonical, signed, and kept by version.

Issued within the transaction of the change that makes it necessary, so that a committed change always has its document.
"""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from contract.site.canonical import canonical_bytes
from fleet import tables
from fleet.configuration import revisions
from fleet.configuration.signing import SigningKey
from fleet.people import audit
from fleet.people.audit import Act

# Older documents go; what they said can be told from the revisions.
KEPT_DOCUMENTS = 50
# A gateway or node that claims a version further ahead than this raves: no backup is that old.
MOST_AHEAD = 10_000


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """document: canonical bytes, over which the signature is."""

    version: int
    document: bytes
    key_id: str
    signature: str


def issue(connection: Connection, signing_key: SigningKey, gateway: str, now_ms: int) -> int:
    """The version of the new document."""
    raised = update(tables.gateway).where(tables.gateway.c.id == gateway).values(desired_version=tables.gateway.c.desired_version + 1)
    version = int(connection.execute(raised.returning(tables.gateway.c.desired_version)).scalar_one())
    document = canonical_bytes(_document(connection, gateway, version, now_ms))
    row = {"gateway_id": gateway, "version": version, "issued_ms": now_ms, "document": document}
    connection.execute(insert(tables.desired), {**row, "key_id": signing_key.id, "signature": signing_key.sign(document)})
    old = tables.desired.c.gateway_id == gateway, tables.desired.c.version <= version - KEPT_DOCUMENTS
    connection.execute(delete(tables.desired).where(*old))
    return version


def may_overtake(version: int, have: int) -> bool:
    """Whether a gateway has a document that this store does not know of, as after a backup was restored."""
    return version < have <= version + MOST_AHEAD


def overtake(connection: Connection, act: Act, signing_key: SigningKey, have: int) -> None:
    """Issues the next document above what the gateway, which is who acts, has: it takes only a greater version."""
    table = tables.gateway
    behind = update(table).where(table.c.id == act.who, table.c.desired_version < have).values(desired_version=have)
    if connection.execute(behind).rowcount:
        audit.note(connection, act, "document_overtaken", act.who)
        issue(connection, signing_key, act.who, act.now_ms)


def newest(connection: Connection, gateway: str) -> SignedDocument:
    table = tables.desired
    query = select(table).where(table.c.gateway_id == gateway).order_by(table.c.version.desc()).limit(1)
    row = connection.execute(query).one()
    return SignedDocument(row.version, bytes(row.document), row.key_id, row.signature)


def versions(connection: Connection, gateways: set[str]) -> dict[str, int]:
    query = select(tables.gateway.c.id, tables.gateway.c.desired_version).where(tables.gateway.c.id.in_(gateways))
    return {row.id: row.desired_version for row in connection.execute(query)}


def node_ids(connection: Connection, gateway: str) -> set[str]:
    """Of the nodes that the next document lists."""
    return {node["node"] for node in _nodes(connection, gateway)}


def _document(connection: Connection, gateway: str, version: int, now_ms: int) -> dict[str, Any]:
    return {
        "gateway": gateway,
        "version": version,
        "issued_ms": now_ms,
        "settings": {},
        "rules": [],
        "calibrations": [],
        "sources": [],
        "nodes": _nodes(connection, gateway),
    } | {part: json.loads(row.content) for part, row in revisions.newest(connection, gateway).items()}


def _nodes(connection: Connection, gateway: str) -> list[dict[str, Any]]:
    node, place, revision = tables.node, tables.deployment, tables.settings_revision
    of_version = (revision.c.node_id == node.c.id) & (revision.c.version == node.c.settings_version)
    query = (
        select(node.c.id, node.c.key_hex, node.c.settings_version, revision.c.settings)
        .select_from(node.join(place, place.c.node_id == node.c.id).outerjoin(revision, of_version))
        .where(place.c.gateway_id == gateway, place.c.to_ms.is_(None), node.c.key_hex != tables.NO_KEY)
        .order_by(node.c.id)
    )
    return [_node(row) for row in connection.execute(query)]


def _node(row: Any) -> dict[str, Any]:
    settings = json.loads(row.settings) if row.settings else {}
    return {"node": row.id, "key": row.key_hex, "settings": settings, "settings_version": row.settings_version}
