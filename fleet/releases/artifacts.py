"""Files that gateways fetch by their SHA-256: immutable, bounded one by one and all together. Does not depend on what is in them."""

import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select

from fleet.errors import NotFoundError, StorageFullError
from fleet.people import audit
from fleet.people.audit import Act
from fleet.releases.tables import artifact

MAX_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Artifact:
    sha256: str
    name: str
    size: int


def add(connection: Connection, act: Act, name: str, content: bytes, max_total_bytes: int) -> Artifact:
    """The same bytes are kept once, under the name they came with first. Raises StorageFullError."""
    digest = hashlib.sha256(content).hexdigest()
    if known := _maybe_find(connection, digest):
        return known
    if (connection.execute(select(func.sum(artifact.c.size))).scalar() or 0) + len(content) > max_total_bytes:
        raise StorageFullError(max_total_bytes)
    row = {"sha256": digest, "name": name, "size": len(content), "created_ms": act.now_ms, "content": content}
    connection.execute(insert(artifact), row)
    audit.record_change(connection, act, "artifact_added", digest, None, {"name": name, "size": len(content)})
    return Artifact(digest, name, len(content))


def find(connection: Connection, digest: str) -> Artifact:
    """Raises NotFoundError."""
    known = _maybe_find(connection, digest)
    if known is None:
        raise NotFoundError("artifact", digest)
    return known


def read(connection: Connection, digest: str, first: int, length: int) -> bytes:
    """Only the bytes asked for leave the store."""
    part = select(func.substr(artifact.c.content, first + 1, length)).where(artifact.c.sha256 == digest)
    return bytes(connection.execute(part).scalar_one())


def _maybe_find(connection: Connection, digest: str) -> Artifact | None:
    columns = artifact.c.sha256, artifact.c.name, artifact.c.size
    row = connection.execute(select(*columns).where(artifact.c.sha256 == digest)).first()
    return Artifact(row.sha256, row.name, row.size) if row else None
