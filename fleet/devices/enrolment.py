"""Enrolment codes in the store, and the identity that one is exchanged for. Knows hashes only; secrets leave by return values, once."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from fleet.devices.gateway_reports import forget_report
from fleet.devices.tables import enrolment_code, gateway
from fleet.errors import EnrolmentError
from fleet.people import access, audit
from fleet.people.audit import Act
from fleet.people.credentials import fingerprint, hash_of, hash_of_code, new_enrolment_code, new_gateway_token
from fleet.store.news import announce


@dataclass(frozen=True, slots=True)
class Enrolled:
    gateway: str
    token: str


def create_enrolment_code(connection: Connection, act: Act, gateway_id: str, expires_ms: int) -> str:
    """A new code; those before it that were not used are worth nothing from now on."""
    code = new_enrolment_code()
    void_codes(connection, act, gateway_id)
    row = {"code_sha256": hash_of_code(code), "gateway_id": gateway_id, "created_ms": act.now_ms, "expires_ms": expires_ms}
    connection.execute(insert(enrolment_code), row)
    audit.record_change(connection, act, "enrolment_code_created", gateway_id, None, {"expires_ms": expires_ms})
    return code


def void_codes(connection: Connection, act: Act, gateway_id: str) -> None:
    """Codes of the gateway that were not used are worth nothing from now on."""
    unused = enrolment_code.c.gateway_id == gateway_id, enrolment_code.c.used_ms.is_(None), enrolment_code.c.expires_ms > act.now_ms
    connection.execute(update(enrolment_code).where(*unused).values(expires_ms=act.now_ms))


def check_code(connection: Connection, now_ms: int, code: str) -> None:
    """Raises EnrolmentError when the code is wrong, used or expired."""
    _valid_code(connection, now_ms, code)


def enrol(connection: Connection, now_ms: int, code: str, address: str = "") -> Enrolled:
    """A gateway's new token; one it had before ends. Raises EnrolmentError when the code is wrong, used or expired."""
    found = _valid_code(connection, now_ms, code)
    # Whatever makes or ends codes of a gateway locks the gateway: asked again, the answer holds until the end.
    connection.execute(select(gateway.c.id).where(gateway.c.id == found.gateway_id).with_for_update())
    row = _valid_code(connection, now_ms, code)
    connection.execute(update(enrolment_code).where(enrolment_code.c.code_sha256 == row.code_sha256).values(used_ms=now_ms))
    had = connection.execute(select(gateway.c.token_sha256, gateway.c.enrolled_ms).where(gateway.c.id == row.gateway_id)).one()
    before = {"token": had.token_sha256 and fingerprint(had.token_sha256), "enrolled_ms": had.enrolled_ms}
    token = new_gateway_token()
    enrolled = {"token_sha256": hash_of(token), "next_token_sha256": None, "enrolled_ms": now_ms, "seen_ms": now_ms}
    connection.execute(update(gateway).where(gateway.c.id == row.gateway_id).values(enrolled))
    forget_report(connection, row.gateway_id)
    act, after = (
        Act(row.gateway_id, now_ms, actor="gateway", address=address),
        {"token": fingerprint(hash_of(token)), "enrolled_ms": now_ms},
    )
    audit.record_change(connection, act, "gateway_enrolled", row.gateway_id, before, after)
    announce(connection, access.NEWS)
    return Enrolled(row.gateway_id, token)


def _valid_code(connection: Connection, now_ms: int, code: str) -> Any:
    row = connection.execute(select(enrolment_code).where(enrolment_code.c.code_sha256 == hash_of_code(code))).first()
    if row is None:
        raise EnrolmentError("wrong")
    if row.used_ms is not None:
        raise EnrolmentError("used")
    if row.expires_ms <= now_ms:
        raise EnrolmentError("expired")
    return row
