"""Ranges of items that were given up, and why: reported by nodes as `dropped` events, and by gateways as tombstones."""

import msgspec
from sqlalchemy import Connection

from contract import messages
from fleet.record.ingest.items import Item, Tombstone, read_tombstone
from fleet.record.ingest.ledger import Ledger
from fleet.record.tables import dropped
from fleet.store.dialect import insert_unless_present
from fleet.store.storable import storable

DROPPED_EVENT = "dropped"


def is_dropped_event(item: Item) -> bool:
    return item.kind == messages.EVENT and item.fields is not None and item.fields["k"] == DROPPED_EVENT


def tombstone_of(item: Item) -> Tombstone | None:
    """None when the particulars of the event are not those of a dropped range."""
    particulars = item.fields["a"] if item.fields else {}
    boot = particulars.get("b", item.boot)  # a node that gives up what it kept over a restart names the boot
    return read_tombstone(msgspec.json.encode({**particulars, "node": item.node, "boot": boot}))


def record_dropped(connection: Connection, found: list[tuple[Tombstone, Ledger]]) -> None:
    rows = [
        {"boot_id": ledger.id, "first": tombstone.first, "last": tombstone.last, "why": storable(tombstone.why, 200)}
        for tombstone, ledger in found
    ]
    insert_unless_present(connection, dropped, rows)
