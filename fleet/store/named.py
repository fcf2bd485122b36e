"""Tables of things that have a name, keep it for ever, and may be retired: `id` and `retired_ms`. Knows no table by name."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select


class NamedThings:
    def __init__(self, table: Table) -> None:
        self._table = table

    def is_retired(self, connection: Connection, name: str) -> bool | None:
        """None where nothing has that name."""
        row = connection.execute(select(self._table.c.retired_ms).where(self._table.c.id == name)).first()
        return None if row is None else row.retired_ms is not None

    def names(self, connection: Connection, limit: int, within: Callable[[ColumnElement[Any]], list[ColumnElement[bool]]]) -> list[str]:
        """Of those that are not retired, so many at most. within: conditions of their names."""
        query = select(self._table.c.id).where(self._table.c.retired_ms.is_(None), *within(self._table.c.id)).limit(limit)
        return list(connection.execute(query).scalars())
