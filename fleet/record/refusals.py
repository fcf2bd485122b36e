"""Items of gateways that were refused: counted by reason; the last detail stands for all of its reason."""

from collections.abc import Mapping

from sqlalchemy import Connection, select

from fleet.devices.gateway_list import Refusal
from fleet.record.tables import refusal
from fleet.store.dialect import add_to_counter


def count_refusals(connection: Connection, gateway: str, counts: Mapping[str, int], details: Mapping[str, str], now_ms: int) -> None:
    """counts, details: by reason."""
    for reason, count in counts.items():
        row = {"gateway_id": gateway, "reason": reason, "count": count, "last_ms": now_ms, "last_detail": details[reason]}
        add_to_counter(connection, refusal, row)


def by_gateway(connection: Connection, only: str | None = None) -> dict[str, list[Refusal]]:
    """Of all gateways, or only this one."""
    query = select(refusal).order_by(refusal.c.reason)
    found: dict[str, list[Refusal]] = {}
    for row in connection.execute(query if only is None else query.where(refusal.c.gateway_id == only)):
        found.setdefault(row.gateway_id, []).append(Refusal(row.reason, row._mapping["count"], row.last_ms, row.last_detail))
    return found
