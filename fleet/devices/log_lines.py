"""Log lines of gateways and their nodes: the newest, up to a limit; those dropped are counted."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select

from fleet.devices import tables
from fleet.devices.scopes import of_gateways
from fleet.people.rights import WHOLE, Scope
from fleet.store.dialect import add_to_counter

LOG_LINES_DROPPED = "log_lines_dropped"


@dataclass(frozen=True, slots=True)
class LogLine:
    """id: its number in the order in which lines came; None before it is in the store."""

    gateway: str
    node: str | None
    at_ms: int
    level: str
    text: str
    id: int | None = None


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


def log_lines(connection: Connection, gateway: str | None, limit: int, below: int | None = None, scope: Scope = WHOLE) -> list[LogLine]:
    """The newest first. below: ids less than this. scope: that who asks may see."""
    line = tables.log_line
    query = select(line).where(*of_gateways(line.c.gateway_id, scope)).order_by(line.c.id.desc()).limit(limit)
    if gateway is not None:
        query = query.where(tables.log_line.c.gateway_id == gateway)
    if below is not None:
        query = query.where(tables.log_line.c.id < below)
    return [LogLine(row.gateway_id, row.node_id, row.at_ms, row.level, row.text, row.id) for row in connection.execute(query)]
