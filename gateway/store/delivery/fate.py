"""What became of one item of the gateway itself, read from the buffer: for the page, after an alarm test. Read only."""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from gateway.items import Row
from gateway.store.items.rows import newest_id
from gateway.store.lanes import URGENT_LANE

WAITING, ARRIVED, REFUSED, DROPPED = "waiting", "arrived", "refused", "dropped"


class OwnItem(NamedTuple):
    """`id`: of its row in the buffer; with the name of the gateway, `boot` and `seq` are what the fleet knows it by."""

    id: int
    boot: str
    seq: int


class Fate(NamedTuple):
    """`reason`: of the fleet, where it refused the item; of the buffer, where it dropped it."""

    state: str
    reason: str = ""


def own_items(connection: sqlite3.Connection, rows: Sequence[Row]) -> list[OwnItem]:
    """Of the rows that were stored last, in their order."""
    first_id = newest_id(connection) - len(rows) + 1
    return [OwnItem(id_, row.boot, row.seq) for id_, row in enumerate(rows, first_id)]


def fate_of(connection: sqlite3.Connection, gateway: str, item: OwnItem) -> Fate:
    """Of an item that is no report: its acknowledgement is saved at once (outbox.py). One that is deleted after it was sent has arrived."""
    if connection.execute("SELECT 1 FROM unsent WHERE lane = ? AND id = ?", (URGENT_LANE, item.id)).fetchone():
        return Fate(WAITING)
    key = gateway, item.boot, item.seq
    refused = connection.execute("SELECT reason FROM refused WHERE node = ? AND boot = ? AND seq = ?", key).fetchone()
    if refused:
        return Fate(REFUSED, refused[0])
    gap = connection.execute("SELECT why FROM gaps WHERE node = ? AND boot = ? AND ? BETWEEN first AND last", key).fetchone()
    return Fate(DROPPED, gap[0]) if gap else Fate(ARRIVED)
