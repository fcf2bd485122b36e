"""The gateways of the district as people see them."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, select

from fleet.devices import tables
from fleet.devices.gateway_reports import GatewayReport, newest_reports
from fleet.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class Refusal:
    reason: str
    count: int
    last_ms: int
    last_detail: str


@dataclass(frozen=True, slots=True)
class GatewayView:
    """refused: items of its deliveries that the fleet refused. counters: as the gateway last reported them."""

    id: str
    site: str
    enrolled_ms: int | None
    seen_ms: int | None
    desired_version: int
    reported: GatewayReport | None
    counters: dict[str, int]
    refused: list[Refusal]
    notes: str = ""
    retired_ms: int | None = None


def gateways(connection: Connection, refused: Mapping[str, list[Refusal]], with_retired: bool = False) -> list[GatewayView]:
    """refused: by gateway, out of the record."""
    return _views(connection, refused, [] if with_retired else [tables.gateway.c.retired_ms.is_(None)])


def gateway(connection: Connection, refused: Mapping[str, list[Refusal]], name: str) -> GatewayView:
    """Raises NotFoundError."""
    found = _views(connection, refused, [tables.gateway.c.id == name])
    if not found:
        raise NotFoundError("gateway", name)
    return found[0]


def _views(connection: Connection, refused: Mapping[str, list[Refusal]], conditions: list[ColumnElement[bool]]) -> list[GatewayView]:
    reports = newest_reports(connection)
    counters: dict[str, dict[str, int]] = {}
    for row in connection.execute(select(tables.gateway_counter).order_by(tables.gateway_counter.c.name)):
        counters.setdefault(row.gateway_id, {})[row.name] = row.value
    return [
        GatewayView(
            row.id, row.site_id, row.enrolled_ms, row.seen_ms, row.desired_version,
            reports.get(row.id), counters.get(row.id, {}), refused.get(row.id, []), row.notes, row.retired_ms,
        )
        for row in connection.execute(select(tables.gateway).where(*conditions).order_by(tables.gateway.c.id))
    ]  # fmt: skip
