"""What the hellos of a request say of the sensors of their nodes."""

from typing import NamedTuple

from sqlalchemy import Connection

from fleet.devices.nodes import boards_of
from fleet.devices.sensor_noticing import Hello, notice
from fleet.devices.sensor_slots import Origin
from fleet.record.ingest.items import Item
from fleet.record.ingest.ledger import Ledger


class Greeting(NamedTuple):
    """An accepted hello, dated, with the ledger of its boot as it stands after the request. is_left: another gateway has been heard of its
    node since."""

    item: Item
    start_ms: int
    ledger: Ledger
    is_left: bool


def record_hellos(connection: Connection, gateway: str, now_ms: int, accepted: list[Greeting]) -> None:
    if not accepted:
        return
    boards = boards_of(connection, {one.item.node for one in accepted})
    notice(connection, gateway, now_ms, [_hello(one, boards[one.item.node]) for one in accepted])


def _hello(one: Greeting, board: int) -> Hello:
    item, ledger = one.item, one.ledger
    assert item.fields
    counts = not one.is_left and ledger.hardware == board
    origin = Origin(ledger.hardware, item.boot, item.seq)
    return Hello(item.node, one.start_ms, origin, counts and ledger.ended_by is None, counts, item.fields["sn"])
