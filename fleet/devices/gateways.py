"""Rows of gateways, as other subjects need them: whether there is one, when it was seen, the version of its desired document."""

from typing import Any

from sqlalchemy import Connection, Select, func, select, update

from fleet.devices.tables import gateway as gateway_table
from fleet.errors import NotFoundError, RetiredError
from fleet.places.deployment_rows import lock_present
from fleet.places.deployments import Deployment


def require_gateway(connection: Connection, gateway: str, lock: bool = False) -> None:
    """lock: until the end of the transaction, where the database locks rows. Raises NotFoundError."""
    query = select(gateway_table.c.id).where(gateway_table.c.id == gateway)
    if connection.execute(query.with_for_update() if lock else query).first() is None:
        raise NotFoundError("gateway", gateway)


def require_gateway_in_use(connection: Connection, gateway: str) -> None:
    """Not retired before the transaction ends. Raises NotFoundError, RetiredError."""
    lock_gateway(connection, gateway, for_change=False)


def is_retired(connection: Connection, gateway: str) -> bool:
    """Its configuration is obeyed by nobody any more: what it names holds nothing up."""
    query = select(gateway_table.c.id).where(gateway_table.c.id == gateway, gateway_table.c.retired_ms.is_not(None))
    return connection.execute(query).first() is not None


def gateway_in_use(connection: Connection, gateway: str) -> Any:
    """The row of a gateway that is not retired. Raises NotFoundError, RetiredError."""
    return _in_use(connection, gateway, select(gateway_table).where(gateway_table.c.id == gateway))


def lock_gateway(connection: Connection, gateway: str, for_change: bool = True) -> Any:
    """As gateway_in_use, about to be changed."""
    query = select(gateway_table).where(gateway_table.c.id == gateway)
    return _in_use(connection, gateway, query.with_for_update(read=not for_change, key_share=not for_change))


def lock_gateway_and_place(connection: Connection, gateway: str) -> tuple[Any, Deployment | None]:
    """As lock_gateway, with where it is deployed. Raises NotFoundError, RetiredError."""
    # Deliveries lock the place before the gateway. Another process may have moved it before both were ours: asked again, it is known where.
    lock_present(connection, gateway)
    row = lock_gateway(connection, gateway)
    return row, lock_present(connection, gateway)


def _in_use(connection: Connection, gateway: str, query: Select[Any]) -> Any:
    row = connection.execute(query).first()
    if row is None:
        raise NotFoundError("gateway", gateway)
    if row.retired_ms is not None:
        raise RetiredError("gateway", gateway)
    return row


def mark_seen(connection: Connection, gateway: str, now_ms: int) -> None:
    connection.execute(update(gateway_table).where(gateway_table.c.id == gateway).values(seen_ms=now_ms))


def mark_delivered(connection: Connection, gateway: str, now_ms: int, clock_skew_ms: int | None = None) -> None:
    """In the transaction of what it delivers: counted when that is committed. clock_skew_ms: None where it did not state its time."""
    marked: dict[str, Any] = {"seen_ms": now_ms, "deliveries": gateway_table.c.deliveries + 1}
    if clock_skew_ms is not None:
        marked |= {"clock_skew_ms": clock_skew_ms, "clock_heard_ms": now_ms}
    connection.execute(update(gateway_table).where(gateway_table.c.id == gateway).values(marked))


def count_deliveries(connection: Connection) -> int:
    """Committed so far, of all gateways; never less than before."""
    return int(connection.execute(select(func.coalesce(func.sum(gateway_table.c.deliveries), 0))).scalar_one())


def raise_desired_version(connection: Connection, gateway: str) -> int:
    """The next version of its desired document."""
    version = gateway_table.c.desired_version
    raised = update(gateway_table).where(gateway_table.c.id == gateway).values(desired_version=version + 1)
    return int(connection.execute(raised.returning(version)).scalar_one())


def advance_desired_version(connection: Connection, gateway: str, version: int) -> bool:
    """False when it was at this version already, or beyond."""
    behind = gateway_table.c.id == gateway, gateway_table.c.desired_version < version
    return connection.execute(update(gateway_table).where(*behind).values(desired_version=version)).rowcount > 0


def desired_versions(connection: Connection, gateways: set[str]) -> dict[str, int]:
    query = select(gateway_table.c.id, gateway_table.c.desired_version).where(gateway_table.c.id.in_(gateways))
    return {row.id: row.desired_version for row in connection.execute(query)}


def versions_in_use(connection: Connection) -> dict[str, int]:
    """As desired_versions, of all that are not retired."""
    query = select(gateway_table.c.id, gateway_table.c.desired_version).where(gateway_table.c.retired_ms.is_(None))
    return {row.id: row.desired_version for row in connection.execute(query.order_by(gateway_table.c.id))}
