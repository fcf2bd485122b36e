"""The number of a series: (node, slot, quantity) to the id that its values carry. Series are made when first heard of and never go.

`SeriesCatalogue` holds what is committed and is shared; `SeriesView` belongs to one transaction, and what it learned is taken over
only after the commit.
"""

from sqlalchemy import Connection, select

from fleet.record.tables import series as series_table
from fleet.store.dialect import insert_unless_present

Ids = dict[int, int]


def channel_key(slot: int, quantity: int) -> int:
    return slot << 16 | quantity


class SeriesCatalogue:
    """Bounded by the channels of the district's nodes: 64 a node at most."""

    def __init__(self) -> None:
        self.known: dict[str, Ids] = {}

    def learn(self, view: "SeriesView") -> None:
        for node, ids in view.learned.items():
            self.known[node] = {**self.known.get(node, {}), **ids}


class SeriesView:
    def __init__(self, connection: Connection, catalogue: SeriesCatalogue) -> None:
        self._connection = connection
        self._catalogue = catalogue
        self.learned: dict[str, Ids] = {}

    def ids_of(self, node: str) -> Ids:
        """What is known so far, by channel_key."""
        return self.learned.get(node) or self._catalogue.known.get(node, {})

    def id_of(self, node: str, slot: int, quantity: int) -> int:
        """Made when it was never heard of."""
        return self.ids_of(node).get(channel_key(slot, quantity)) or self.add(node, slot, quantity)

    def add(self, node: str, slot: int, quantity: int) -> int:
        """The id of a series that ids_of does not have. Ask ids_of again afterwards."""
        insert_unless_present(self._connection, series_table, [{"node_id": node, "slot": slot, "quantity": quantity}])
        rows = self._connection.execute(select(series_table).where(series_table.c.node_id == node))
        ids = self.learned[node] = {channel_key(row.slot, row.quantity): row.id for row in rows}
        return ids[channel_key(slot, quantity)]
