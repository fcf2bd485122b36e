"""The gateway's own items: what it measures, decides and notices itself, as a node that has the gateway's name (ADR 0009).

Items are numbered in the transaction that stores them, so none is missing and none is published twice. Only the writer thread calls it.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

from contract import messages
from contract.site import node_messages
from gateway.items import Row
from gateway.store.items.known_numbers import origin_of
from gateway.store.items.rows import insert
from gateway.store.site.evaluation_records import last_before

_HOUR_MS = 3_600_000


class PendingItem(NamedTuple):
    """One item to be: its type and fields, without number and moment. `moment_ms` is UTC (a report: of its start), `error_ms` its bound.

    `uptime_ms` counts since this process started; `duration_ms` is 0 but for reports.
    """

    kind: str
    fields: dict[str, Any]
    uptime_ms: int
    moment_ms: int
    error_ms: int
    duration_ms: int = 0


class Station:
    """`node` is the gateway's name; a boot lasts as long as one opening of the buffer."""

    def __init__(self, connection: sqlite3.Connection, node: str, random: bytes) -> None:
        """`random`: 4 bytes, the half of the boot id that keeps it from repeating when the counter is lost with its file."""
        self._connection = connection
        self.node = node
        boots, _ = self._stored()
        self.boot = f"{(boots + 1) & 0xFFFFFFFF:08x}{random.hex()}"

    def publish(self, pending_items: Sequence[PendingItem], arrived_ms: int, lane: int | None = None) -> list[Row]:
        """Numbered in order and stored, inside the caller's transaction. `lane`: another than the one of their kind."""
        if not pending_items:
            return []
        boots, next_seq = self._stored()
        own_count = int(self.boot[:8], 16)
        first = next_seq if boots == own_count else 0
        rows = [self._row(pending, seq, arrived_ms) for seq, pending in enumerate(pending_items, first)]
        insert(self._connection, rows, [origin_of(self._connection, self.node, self.boot)] * len(rows), lane)
        self._connection.execute("UPDATE station SET boots = ?, next_seq = ?", (own_count, first + len(rows)))
        return rows

    def bodies_of(self, kind: str, moment_ms: int) -> list[bytes]:
        """What it has published of that kind and moment, as far as it is still kept."""
        after_id = last_before(self._connection, moment_ms - _HOUR_MS)  # it was published after it was measured, by clocks that differ
        query = "SELECT body FROM items WHERE id > ? AND node = ? AND kind = ? AND utc_ms = ?"
        return [bytes(row[0]) for row in self._connection.execute(query, (after_id, self.node, kind, moment_ms))]

    def _row(self, pending: PendingItem, seq: int, arrived_ms: int) -> Row:
        kind, fields, uptime_ms, moment_ms, error_ms, duration_ms = pending
        moment = {"q": seq, "s": uptime_ms, "u": moment_ms, "e": error_ms}
        if duration_ms:
            moment["d"] = duration_ms
        fields = moment | fields
        node_messages.check_fields(kind, fields, ())
        body = messages.write(fields)
        return Row(self.node, self.boot, seq, kind, arrived_ms, uptime_ms, duration_ms, moment_ms, error_ms, body)

    def _stored(self) -> tuple[int, int]:
        row: tuple[int, int] = self._connection.execute("SELECT boots, next_seq FROM station").fetchone()
        return row
