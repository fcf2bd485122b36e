"""On which way items came, for values that are read: looked up once an item, however many values it has. Knows tables.item.

Of an item that the store has only in its archive, or not at all, nothing is known here.
"""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, select

from fleet.record.origins import Came
from fleet.record.tables import item

# Of items in one statement.
_ITEMS_AT_ONCE = 500
# A range of numbers is read whole where it holds at most so many times the wanted ones.
_DENSE = 2

# (id of the boot, seq)
ItemKey = tuple[int, int]


def came(connection: Connection, keys: Iterable[ItemKey]) -> dict[ItemKey, Came]:
    wanted: dict[int, set[int]] = {}
    for boot_id, seq in keys:
        wanted.setdefault(boot_id, set()).add(seq)
    found: dict[ItemKey, Came] = {}
    for boot_id, seqs in wanted.items():
        listed = sorted(seqs)
        for at in range(0, len(listed), _ITEMS_AT_ONCE):
            columns = item.c.seq, item.c.kind, item.c.arrived_ms, item.c.received_ms
            query = select(*columns).where(item.c.boot_id == boot_id, _numbers(listed[at : at + _ITEMS_AT_ONCE]))
            for seq, kind, arrived_ms, received_ms in connection.execute(query):
                found[boot_id, seq] = Came(kind, arrived_ms, received_ms)
    return found


def _numbers(seqs: list[int]) -> ColumnElement[bool]:
    if seqs[-1] - seqs[0] < _DENSE * len(seqs):
        return item.c.seq.between(seqs[0], seqs[-1])
    return item.c.seq.in_(seqs)
