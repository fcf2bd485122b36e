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


def write(connection: Connection, act: Act, gateway: str, parts: Mapping[str, Any]) -> None:
    """By part, its new content without faults. The gateway's row is locked, and its next document is issued, by the caller."""
    last = newest(connection, gateway)
    for part, value in parts.items():
        row = {"gateway_id": gateway, "part": part, "version": last[part].version + 1 if part in last else 1}
        row |= {"content": json.dumps(value, ensure_ascii=False), "author": act.who, "reason": act.reason, "created_ms": act.now_ms}
        connection.execute(insert(tables.gateway_revision), row)
    audit.record_change(connection, act, "gateway_configured", gateway)
