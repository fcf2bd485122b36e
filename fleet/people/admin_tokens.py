"""Admin tokens in the store. Knows hashes only; a token leaves through the return value, once."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, insert, or_, select, update

from contract.faults import Fault
from fleet.errors import ConflictError, InvalidError, NotFoundError
from fleet.people import access, audit
from fleet.people.access import Grants
from fleet.people.audit import Act
from fleet.people.credentials import fingerprint, hash_of, new_admin_token
from fleet.people.rights import EVERYTHING, Grant, Role
from fleet.people.tables import admin_token
from fleet.store.news import announce

# Who acts at the command line of the service itself: no token may have this name.
CONSOLE = "console"
MAX_NAME = 60
NAME_FORM = f"1 to {MAX_NAME} letters, digits, spaces and . _ @ -, beginning with a letter or a digit, and not {CONSOLE}"
# How old the recorded last use of a token may become, so that reading costs no write.
USE_RECORDED_EVERY_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class AdminToken:
    """area: it may do what its role allows there and in all below it; None: in the whole district."""

    name: str
    role: Role
    area: str | None
    created_ms: int
    revoked_ms: int | None
    expires_ms: int | None
    used_ms: int | None


@dataclass(frozen=True, slots=True)
class ValidToken:
    """due: its last use is to be recorded now."""

    name: str
    due: bool
    grants: Grants


def create_admin_token(connection: Connection, act: Act, name: str, expires_ms: int | None = None, grant: Grant = EVERYTHING) -> str:
    """Raises ConflictError: a name is never given twice, so that records of its acts stay clear; InvalidError on a name that would not be
    one in such a record."""
    if not _is_name(name):
        raise InvalidError(Fault(("name",), NAME_FORM, name))
    if connection.execute(select(admin_token).where(admin_token.c.name == name)).first():
        raise ConflictError("token", name)
    token = new_admin_token()
    rights = {"role": grant.role, "area_id": grant.area or None}
    row = {"name": name, "token_sha256": hash_of(token), "created_ms": act.now_ms, "expires_ms": expires_ms, **rights}
    connection.execute(insert(admin_token), row)
    shown = {"token": fingerprint(hash_of(token)), "expires_ms": expires_ms, "role": grant.role, "area": grant.area or None}
    audit.record_change(connection, act, "token_created", name, None, shown)
    return token


def revoke_admin_token(connection: Connection, act: Act, name: str) -> None:
    valid = admin_token.c.name == name, admin_token.c.revoked_ms.is_(None)
    if connection.execute(update(admin_token).where(*valid).values(revoked_ms=act.now_ms)).rowcount == 0:
        raise NotFoundError("valid token", name)
    audit.record_change(connection, act, "token_revoked", name, {"revoked_ms": None}, {"revoked_ms": act.now_ms})
    announce(connection, access.NEWS)


def list_admin_tokens(connection: Connection) -> list[AdminToken]:
    rows = connection.execute(select(admin_token).order_by(admin_token.c.created_ms))
    return [_token(row) for row in rows]


def page_of_tokens(
    connection: Connection, limit: int, after: str | None, areas: Select[Any] | None, valid_ms: int | None
) -> list[AdminToken]:
    """By name. after: the last one of the page before. areas: that give a right in one of these; None: any. valid_ms: that are valid then;
    None: all."""
    query = select(admin_token).order_by(admin_token.c.name).limit(limit)
    if after is not None:
        query = query.where(admin_token.c.name > after)
    if areas is not None:
        query = query.where(admin_token.c.area_id.in_(areas))
    if valid_ms is not None:
        query = query.where(*_is_valid(valid_ms))
    return [_token(row) for row in connection.execute(query)]


def grant_of(connection: Connection, name: str) -> Grant | None:
    """What the token of that name allows, valid or not."""
    row = connection.execute(select(admin_token).where(admin_token.c.name == name)).first()
    return None if row is None else _grants(row)[0]


def admin_of(connection: Connection, token: str, now_ms: int) -> ValidToken | None:
    columns = admin_token.c
    valid = columns.token_sha256 == hash_of(token), *_is_valid(now_ms)
    row = connection.execute(select(admin_token).where(*valid)).first()
    if row is None:
        return None
    return ValidToken(row.name, row.used_ms is None or now_ms - row.used_ms >= USE_RECORDED_EVERY_MS, _grants(row))


def valid_among(connection: Connection, digests: Collection[str], now_ms: int) -> dict[str, Grants]:
    """Of these hashes of tokens, those of tokens that are valid, with their rights."""
    valid = admin_token.c.token_sha256.in_(digests), *_is_valid(now_ms)
    return {row.token_sha256: _grants(row) for row in connection.execute(select(admin_token).where(*valid))}


def _token(row: Any) -> AdminToken:
    return AdminToken(row.name, row.role, row.area_id, row.created_ms, row.revoked_ms, row.expires_ms, row.used_ms)


def _grants(row: Any) -> Grants:
    return (Grant(row.role, row.area_id or ""),)


def _is_valid(now_ms: int) -> tuple[ColumnElement[bool], ...]:
    expires_ms = admin_token.c.expires_ms
    return admin_token.c.revoked_ms.is_(None), or_(expires_ms.is_(None), expires_ms > now_ms)


def record_use(connection: Connection, name: str, now_ms: int) -> None:
    connection.execute(update(admin_token).where(admin_token.c.name == name).values(used_ms=now_ms))


def _is_name(name: str) -> bool:
    if not 1 <= len(name) <= MAX_NAME or name != name.strip() or name == CONSOLE or not name[0].isalnum():
        return False
    return all(character.isalnum() or character in "._@- " for character in name)
