"""Admin tokens in the store. Knows hashes only; a token leaves through the return value, once."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from fleet.errors import ConflictError, NotFoundError
from fleet.people import audit
from fleet.people.audit import Act
from fleet.people.credentials import hash_of, new_admin_token
from fleet.people.tables import admin_token


@dataclass(frozen=True, slots=True)
class AdminToken:
    name: str
    created_ms: int
    revoked_ms: int | None


def create_admin_token(connection: Connection, act: Act, name: str) -> str:
    """Raises ConflictError: a name is never given twice, so that records of its acts stay clear."""
    if connection.execute(select(admin_token).where(admin_token.c.name == name)).first():
        raise ConflictError("token", name)
    token = new_admin_token()
    connection.execute(insert(admin_token), {"name": name, "token_sha256": hash_of(token), "created_ms": act.now_ms})
    audit.record_change(connection, act, "token_created", name)
    return token


def revoke_admin_token(connection: Connection, act: Act, name: str) -> None:
    valid = admin_token.c.name == name, admin_token.c.revoked_ms.is_(None)
    if connection.execute(update(admin_token).where(*valid).values(revoked_ms=act.now_ms)).rowcount == 0:
        raise NotFoundError("valid token", name)
    audit.record_change(connection, act, "token_revoked", name)


def list_admin_tokens(connection: Connection) -> list[AdminToken]:
    rows = connection.execute(select(admin_token).order_by(admin_token.c.created_ms))
    return [AdminToken(row.name, row.created_ms, row.revoked_ms) for row in rows]


def admin_of(connection: Connection, token: str) -> str | None:
    valid = admin_token.c.token_sha256 == hash_of(token), admin_token.c.revoked_ms.is_(None)
    return connection.execute(select(admin_token.c.name).where(*valid)).scalar()


def valid_among(connection: Connection, digests: Collection[str]) -> set[str]:
    """Of these hashes of tokens, those of tokens that are valid."""
    valid = admin_token.c.token_sha256.in_(digests), admin_token.c.revoked_ms.is_(None)
    return set(connection.execute(select(admin_token.c.token_sha256).where(*valid)).scalars())
