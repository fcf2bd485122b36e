"""The newest revision of each part of a gateway's configuration."""

from typing import Any

from sqlalchemy import Connection, func, select

from fleet.configuration import tables


def newest(connection: Connection, gateway: str) -> dict[str, Any]:
    """By part, the rows; a part that was never set is absent."""
    table = tables.gateway_revision
    last = select(table.c.part, func.max(table.c.version).label("version")).where(table.c.gateway_id == gateway).group_by(table.c.part)
    latest = last.subquery()
    same = (table.c.part == latest.c.part) & (table.c.version == latest.c.version) & (table.c.gateway_id == gateway)
    return {row.part: row for row in connection.execute(select(table).join(latest, same))}
