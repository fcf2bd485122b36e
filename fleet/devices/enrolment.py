"""Enrolment codes and tokens of gateways in the store. Knows hashes only; the secrets leave through the return values, once."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from fleet.devices.tables import enrolment_code, gateway
from fleet.errors import EnrolmentError, NotFoundError
from fleet.people import audit
from fleet.people.audit import Act
from fleet.people.credentials import hash_of, hash_of_code, new_enrolment_code, new_gateway_token


@dataclass(frozen=True, slots=True)
class Enrolled:
    gateway: str
    token: str


def gateway_of(connection: Connection, token: str) -> tuple[str, bool] | None:
    """The gateway, and whether this is its next token, used for the first time."""
    digest = hash_of(token)
    known = (gateway.c.token_sha256 == digest) | (gateway.c.next_token_sha256 == digest)
    row = connection.execute(select(gateway.c.id, gateway.c.token_sha256).where(known)).first()
    return (row.id, row.token_sha256 != digest) if row else None


def renew_gateway_token(connection: Connection, gateway_id: str) -> str:
    """Its next token; the one in use holds until this one has been used. One made before and not used is worth nothing any more."""
    token = new_gateway_token()
    connection.execute(update(gateway).where(gateway.c.id == gateway_id).values(next_token_sha256=hash_of(token)))
    return token


def begin_token(connection: Connection, now_ms: int, token: str) -> None:
    """The next token of a gateway has been used: it takes the place of the one before. A second call changes nothing."""
    digest = hash_of(token)
    gateway_id = connection.execute(select(gateway.c.id).where(gateway.c.next_token_sha256 == digest)).scalar()
    if gateway_id is not None:
        values = {"token_sha256": digest, "next_token_sha256": None}
        connection.execute(update(gateway).where(gateway.c.next_token_sha256 == digest).values(values))
        audit.record_change(connection, Act(gateway_id, now_ms), "gateway_token_renewed", gateway_id)


def revoke_gateway_token(connection: Connection, act: Act, gateway_id: str) -> None:
    """Raises NotFoundError when it has none. It can be enrolled again with a new code."""
    valid = gateway.c.id == gateway_id, gateway.c.token_sha256.is_not(None)
    values = {"token_sha256": None, "next_token_sha256": None}
    if connection.execute(update(gateway).where(*valid).values(values)).rowcount == 0:
        raise NotFoundError("gateway with a token", gateway_id)
    audit.record_change(connection, act, "gateway_token_revoked", gateway_id)


def create_enrolment_code(connection: Connection, act: Act, gateway_id: str, expires_ms: int) -> str:
    """A new code; those before it that were not used are worth nothing from now on."""
    code = new_enrolment_code()
    unused = enrolment_code.c.gateway_id == gateway_id, enrolment_code.c.used_ms.is_(None), enrolment_code.c.expires_ms > act.now_ms
    connection.execute(update(enrolment_code).where(*unused).values(expires_ms=act.now_ms))
    row = {"code_sha256": hash_of_code(code), "gateway_id": gateway_id, "created_ms": act.now_ms, "expires_ms": expires_ms}
    connection.execute(insert(enrolment_code), row)
    audit.record_change(connection, act, "enrolment_code_created", gateway_id)
    return code


def check_code(connection: Connection, now_ms: int, code: str) -> None:
    """Raises EnrolmentError when the code is wrong, used or expired."""
    _valid_code(connection, select(enrolment_code), now_ms, code)


def enrol(connection: Connection, now_ms: int, code: str) -> Enrolled:
    """A gateway's new token; one it had before ends. Raises EnrolmentError when the code is wrong, used or expired."""
    row = _valid_code(connection, select(enrolment_code).with_for_update(), now_ms, code)
    connection.execute(update(enrolment_code).where(enrolment_code.c.code_sha256 == row.code_sha256).values(used_ms=now_ms))
    token = new_gateway_token()
    enrolled = {"token_sha256": hash_of(token), "next_token_sha256": None, "enrolled_ms": now_ms, "seen_ms": now_ms}
    connection.execute(update(gateway).where(gateway.c.id == row.gateway_id).values(enrolled))
    audit.record_change(connection, Act(row.gateway_id, now_ms), "gateway_enrolled", row.gateway_id)
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
