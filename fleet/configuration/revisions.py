"""The revisions of each part of a gateway's configuration: the newest is read, the next is written."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, insert, select

from fleet.configuration import tables
from fleet.people import audit
from fleet.people.audit import Act


def newest(connection: Connection, gateway: str) -> dict[str, Any]:
    """By part, the rows; a part that was never set is absent."""
    table = tables.gateway_revision
    last = select(table.c.part, func.max(table.c.version).label("version")).where(table.c.gateway_id == gateway).group_by(table.c.part)
    latest = last.subquery()
    same = (table.c.part == latest.c.part) & (table.c.version == latest.c.version) & (table.c.gateway_id == gateway)
    return {row.part: row for row in connection.execute(select(table).join(latest, same))}


def of_part(connection: Connection, gateway: str, part: str, below: int | None, limit: int) -> list[Any]:
    """The rows, the newest first."""
    table = tables.gateway_revision
    of_gateway = table.c.gateway_id == gateway, table.c.part == part
    query = select(table).where(*of_gateway).order_by(table.c.version.desc()).limit(limit)
    return list(connection.execute(query if below is None else query.where(table.c.version < below)))


def write(connection: Connection, act: Act, gateway: str, parts: Mapping[str, Any]) -> None:
    """By part, its new content without faults. The gateway's row is locked, and its next document is issued, by the caller."""
    last = newest(connection, gateway)
    before = {part: last[part].version if part in last else 0 for part in parts}
    for part, value in parts.items():
        row = {"gateway_id": gateway, "part": part, "version": before[part] + 1}
        row |= {"content": json.dumps(value, ensure_ascii=False), "author": act.who, "reason": act.reason, "created_ms": act.now_ms}
        connection.execute(insert(tables.gateway_revision), row)
    after = {part: version + 1 for part, version in before.items()}
    audit.record_change(connection, act, "gateway_configured", gateway, before, after)
