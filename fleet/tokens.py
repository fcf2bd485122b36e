"""Admin tokens, gateway tokens and enrolment codes in the store. Knows hashes only; the secrets leave through the return values, once."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from fleet import changes
from fleet.changes import Act
from fleet.credentials import hash_of, hash_of_code, new_admin_token, new_enrolment_code, new_gateway_token
from fleet.errors import ConflictError, EnrolmentError, NotFoundError
from fleet.tables import admin_token, enrolment_code, gateway


@dataclass(frozen=True, slots=True)
class AdminToken:
    name: str
    created_ms: int
    revoked_ms: int | None


@dataclass(frozen=True, slots=True)
class Enrolled:
    gateway: str
    token: str


def create_admin_token(connection: Connection, act: Act, name: str) -> str:
    """Raises ConflictError: a name is never given twice, so that records of its acts stay clear."""
    if connection.execute(select(admin_token).where(admin_token.c.name == name)).first():
        raise ConflictError("token", name)
    token = new_admin_token()
    connection.execute(insert(admin_token), {"name": name, "token_sha256": hash_of(token), "created_ms": act.now_ms})
    changes.note(connection, act, "token_created", name)
    return token


def revoke_admin_token(connection: Connection, act: Act, name: str) -> None:
    valid = admin_token.c.name == name, admin_token.c.revoked_ms.is_(None)
    if connection.execute(update(admin_token).where(*valid).values(revoked_ms=act.now_ms)).rowcount == 0:
        raise NotFoundError("valid token", name)
    changes.note(connection, act, "token_revoked", name)


def list_admin_tokens(connection: Connection) -> list[AdminToken]:
    rows = connection.execute(select(admin_token).order_by(admin_token.c.created_ms))
    return [AdminToken(row.name, row.created_ms, row.revoked_ms) for row in rows]


def admin_of(connection: Connection, token: str) -> str | None:
    valid = admin_token.c.token_sha256 == hash_of(token), admin_token.c.revoked_ms.is_(None)
    return connection.execute(select(admin_token.c.name).where(*valid)).scalar()


def gateway_of(connection: Connection, token: str) -> str | None:
    return connection.execute(select(gateway.c.id).where(gateway.c.token_sha256 == hash_of(token))).scalar()


def create_enrolment_code(connection: Connection, act: Act, gateway_id: str, expires_ms: int) -> str:
    """A new code; those before it that were not used are worth nothing from now on."""
    code = new_enrolment_code()
    unused = enrolment_code.c.gateway_id == gateway_id, enrolment_code.c.used_ms.is_(None), enrolment_code.c.expires_ms > act.now_ms
    connection.execute(update(enrolment_code).where(*unused).values(expires_ms=act.now_ms))
    row = {"code_sha256": hash_of_code(code), "gateway_id": gateway_id, "created_ms": act.now_ms, "expires_ms": expires_ms}
    connection.execute(insert(enrolment_code), row)
    changes.note(connection, act, "enrolment_code_created", gateway_id)
    return code


def check_code(connection: Connection, now_ms: int, code: str) -> None:
    """Raises EnrolmentError when the code is wrong, used or expired."""
    _valid_code(connection, select(enrolment_code), now_ms, code)


def enrol(connection: Connection, now_ms: int, code: str) -> Enrolled:
    """A gateway's new token; one it had before ends. Raises EnrolmentError when the code is wrong, used or expired."""
    row = _valid_code(connection, select(enrolment_code).with_for_update(), now_ms, code)
    connection.execute(update(enrolment_code).where(enrolment_code.c.code_sha256 == row.code_sha256).values(used_ms=now_ms))
    token = new_gateway_token()
    enrolled = {"token_sha256": hash_of(token), "enrolled_ms": now_ms, "seen_ms": now_ms}
    connection.execute(update(gateway).where(gateway.c.id == row.gateway_id).values(enrolled))
    changes.note(connection, Act(row.gateway_id, now_ms), "gateway_enrolled", row.gateway_id)
    return Enrolled(row.gateway_id, token)


def _valid_code(connection: Connection, codes: Select[Any], now_ms: int, code: str) -> Any:
    row = connection.execute(codes.where(enrolment_code.c.code_sha256 == hash_of_code(code))).first()
    if row is None:
        raise EnrolmentError("wrong")
    if row.used_ms is not None:
        raise EnrolmentError("used")
    if row.expires_ms <= now_ms:
        raise EnrolmentError("expired")
    return row
