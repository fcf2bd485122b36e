"""What gateways say of themselves: their answer to the desired document, their counters, their log lines."""

import json
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, delete, func, insert, select, update

from fleet import gateway_tables, tables
from fleet.store.dialect import add_to_counter, insert_or_replace

LOG_LINES_DROPPED = "log_lines_dropped"


State = Literal["on_trial", "kept", "returned", "refused"]


@dataclass(frozen=True, slots=True)
class GatewayReport:
    """state: of that version; returned and refused with why. in_force: the version that the gateway runs on."""

    version: int
    ok: bool
    faults: list[str]
    at_ms: int
    state: State | None = None
    in_force: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    reason: str
    count: int
    last_ms: int
    last_detail: str


@dataclass(frozen=True, slots=True)
class GatewayView:
    """refused: what of its deliveries the fleet did not take. counters: as the gateway last told them."""

    id: str
    site: str
    enrolled_ms: int | None
    seen_ms: int | None
    desired_version: int
    reported: GatewayReport | None
    counters: dict[str, int]
    refused: list[Refusal]


@dataclass(frozen=True, slots=True)
class LogLine:
    gateway: str
    node: str | None
    at_ms: int
    level: str
    text: str


def note_report(connection: Connection, gateway: str, report: GatewayReport, counters: dict[str, int]) -> None:
    row = {"gateway_id": gateway, "version": report.version, "ok": report.ok, "at_ms": report.at_ms}
    row |= {"state": report.state, "in_force": report.in_force}
    insert_or_replace(connection, gateway_tables.gateway_report, [{**row, "faults": json.dumps(report.faults)}])
    connection.execute(delete(gateway_tables.gateway_counter).where(gateway_tables.gateway_counter.c.gateway_id == gateway))
    if counters:
        rows = [{"gateway_id": gateway, "name": name, "value": value} for name, value in counters.items()]
        connection.execute(insert(gateway_tables.gateway_counter), rows)
    connection.execute(update(tables.gateway).where(tables.gateway.c.id == gateway).values(seen_ms=report.at_ms))


def gateways(connection: Connection) -> list[GatewayView]:
    reports = {row.gateway_id: row for row in connection.execute(select(gateway_tables.gateway_report))}
    counters: dict[str, dict[str, int]] = {}
    for row in connection.execute(select(gateway_tables.gateway_counter).order_by(gateway_tables.gateway_counter.c.name)):
        counters.setdefault(row.gateway_id, {})[row.name] = row.value
    refused: dict[str, list[Refusal]] = {}
    for row in connection.execute(select(tables.refusal).order_by(tables.refusal.c.reason)):
        refused.setdefault(row.gateway_id, []).append(Refusal(row.reason, row._mapping["count"], row.last_ms, row.last_detail))
    rows = connection.execute(select(tables.gateway).order_by(tables.gateway.c.id))
    return [_view(row, reports.get(row.id), counters.get(row.id, {}), refused.get(row.id, [])) for row in rows]


def _view(row: Any, report: Any, counters: dict[str, int], refused: list[Refusal]) -> GatewayView:
    return GatewayView(row.id, row.site_id, row.enrolled_ms, row.seen_ms, row.desired_version, _report(report), counters, refused)


def report_of(connection: Connection, gateway: str) -> GatewayReport | None:
    """The gateway's newest word on its desired document."""
    return _report(
        connection.execute(select(gateway_tables.gateway_report).where(gateway_tables.gateway_report.c.gateway_id == gateway)).first()
    )


def _report(row: Any) -> GatewayReport | None:
    return GatewayReport(row.version, row.ok, json.loads(row.faults), row.at_ms, row.state, row.in_force) if row else None


def add_log_lines(connection: Connection, lines: list[LogLine], now_ms: int, kept: int) -> None:
    """Beyond `kept` the oldest lines go, and are counted."""
    if not lines:
        return
    rows = [{"gateway_id": line.gateway, "node_id": line.node, "at_ms": line.at_ms, "received_ms": now_ms,
             "level": line.level, "text": line.text} for line in lines]  # fmt: skip
    connection.execute(insert(tables.log_line), rows)
    surplus = tables.log_line.c.id <= select(func.max(tables.log_line.c.id)).scalar_subquery() - kept
    gone = connection.execute(delete(tables.log_line).where(surplus)).rowcount
    if gone:
        add_to_counter(connection, tables.limit_counter, {"name": LOG_LINES_DROPPED, "count": gone})


def log_lines(connection: Connection, gateway: str | None, limit: int) -> list[LogLine]:
    """The newest first."""
    query = select(tables.log_line).order_by(tables.log_line.c.id.desc()).limit(limit)
    if gateway is not None:
        query = query.where(tables.log_line.c.gateway_id == gateway)
    return [LogLine(row.gateway_id, row.node_id, row.at_ms, row.level, row.text) for row in connection.execute(query)]
