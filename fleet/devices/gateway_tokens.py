"""Tokens of gateways in the store: found, renewed, revoked. Knows hashes only; a new token leaves through the return value, once."""

from collections.abc import Collection

from sqlalchemy import Connection, select, union, update

from fleet.devices.tables import gateway
from fleet.errors import NotFoundError, UnauthorisedError
from fleet.people import access, audit
from fleet.people.audit import Act
from fleet.people.credentials import fingerprint, hash_of, new_gateway_token
from fleet.store.news import announce


def gateway_of(connection: Connection, token: str) -> tuple[str, bool] | None:
    """The gateway, and whether this is its next token, used for the first time."""
    digest = hash_of(token)
    known = (gateway.c.token_sha256 == digest) | (gateway.c.next_token_sha256 == digest)
    row = connection.execute(select(gateway.c.id, gateway.c.token_sha256).where(known)).first()
    return (row.id, row.token_sha256 != digest) if row else None


def valid_among(connection: Connection, digests: Collection[str]) -> set[str]:
    """Of these hashes of tokens, those of tokens that are valid, in use or next."""
    columns = gateway.c.token_sha256, gateway.c.next_token_sha256
    return set(connection.execute(union(*(select(column).where(column.in_(digests)) for column in columns))).scalars())


def renew_gateway_token(connection: Connection, gateway_id: str, digest: str) -> str:
    """Its next token; the one in use holds until this one has been used. One made before and not used is worth nothing any more. digest: of
    the token by which it asks. Raises UnauthorisedError when that one has ended since it was judged."""
    token = new_gateway_token()
    holder = gateway.c.id == gateway_id, gateway.c.token_sha256 == digest
    if connection.execute(update(gateway).where(*holder).values(next_token_sha256=hash_of(token))).rowcount == 0:
        raise UnauthorisedError
    return token


def begin_token(connection: Connection, now_ms: int, token: str) -> None:
    """The next token of a gateway has been used: it takes the place of the one before. A second call changes nothing."""
    digest = hash_of(token)
    query = select(gateway.c.id, gateway.c.token_sha256).where(gateway.c.next_token_sha256 == digest)
    had = connection.execute(query.with_for_update()).first()
    if had is not None:
        values = {"token_sha256": digest, "next_token_sha256": None}
        connection.execute(update(gateway).where(gateway.c.next_token_sha256 == digest).values(values))
        before, after = {"token": had.token_sha256 and fingerprint(had.token_sha256)}, {"token": fingerprint(digest)}
        audit.record_change(connection, Act(had.id, now_ms, actor="gateway"), "gateway_token_renewed", had.id, before, after)


def revoke_gateway_token(connection: Connection, act: Act, gateway_id: str) -> None:
    """Raises NotFoundError when it has none. It can be enrolled again with a new code."""
    query = select(gateway.c.token_sha256).where(gateway.c.id == gateway_id, gateway.c.token_sha256.is_not(None))
    digest = connection.execute(query.with_for_update()).scalar()
    if digest is None and connection.execute(select(gateway.c.id).where(gateway.c.id == gateway_id)).first() is None:
        raise NotFoundError("gateway", gateway_id)
    if digest is None:
        raise NotFoundError("gateway with a token", gateway_id)
    values = {"token_sha256": None, "next_token_sha256": None}
    connection.execute(update(gateway).where(gateway.c.id == gateway_id).values(values))
    audit.record_change(connection, act, "gateway_token_revoked", gateway_id, {"token": fingerprint(digest)}, {"token": None})
    announce(connection, access.NEWS)
