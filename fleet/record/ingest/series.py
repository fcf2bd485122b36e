"""The number of a series: (site, position, quantity) to the id that its values carry, found by node, time, slot and quantity. Series are
made when first heard of and never go.

`SeriesCatalogue` holds what is committed and is shared; `SeriesView` belongs to one transaction, and what it learned is taken over
only after the commit. Where a node is deployed may change at any time, so it is read in each transaction; which series a slot of a
deployment has never changes, so it is remembered.
"""

from collections.abc import Collection

from sqlalchemy import Connection, select

from fleet.places.deployment_rows import deployments_of, position_of
from fleet.places.deployments import Deployment, deployment_at, has_one_place
from fleet.record.tables import series as series_table
from fleet.store.dialect import insert_unless_present

# channel_key -> id of the series.
Ids = dict[int, int]
# Id of a deployment, and whether what is dated outside it is meant.
_Place = tuple[int, bool]


def channel_key(slot: int, quantity: int) -> int:
    return slot << 16 | quantity


class SeriesCatalogue:
    """Bounded by the channels of the district's deployments: 64 each at most, and as many for what is dated outside."""

    def __init__(self) -> None:
        self.known: dict[_Place, Ids] = {}

    def learn(self, view: "SeriesView") -> None:
        for place, ids in view.learned.items():
            self.known[place] = {**self.known.get(place, {}), **ids}


class SeriesView:
    def __init__(self, connection: Connection, catalogue: SeriesCatalogue) -> None:
        self._connection = connection
        self._catalogue = catalogue
        self.deployments: dict[str, list[Deployment]] = {}
        self.learned: dict[_Place, Ids] = {}
        # Of nodes that are in one place whatever the time, which are nearly all: found without asking when.
        self._of_one_place: dict[str, Ids] = {}

    def load(self, nodes: Collection[str]) -> None:
        """Where these nodes are and were deployed; the others cannot be asked for."""
        self.deployments = deployments_of(self._connection, nodes)
        for node, deployments in self.deployments.items():
            if has_one_place(deployments):
                self._of_one_place[node] = self._ids((deployments[0].id, False))

    def site_at(self, node: str, at_ms: int) -> str | None:
        """Where the node was deployed at this moment; None of a node that was not loaded, or never deployed."""
        deployments = self.deployments.get(node)
        return deployment_at(deployments, at_ms)[0].site if deployments else None

    def ids_at(self, node: str, at_ms: int) -> Ids:
        """What is known so far, by channel_key, for what the node reports of this moment."""
        ids = self._of_one_place.get(node)
        if ids is not None:
            return ids
        deployment, outside = deployment_at(self.deployments[node], at_ms)
        return self._ids((deployment.id, outside))

    def id_at(self, node: str, at_ms: int, slot: int, quantity: int) -> int:
        """Made when it was never heard of."""
        return self.ids_at(node, at_ms).get(channel_key(slot, quantity)) or self.add(node, at_ms, slot, quantity)

    def add(self, node: str, at_ms: int, slot: int, quantity: int) -> int:
        """The id of a series that ids_at does not have. Ask ids_at again afterwards."""
        deployment, outside = deployment_at(self.deployments[node], at_ms)
        position = position_of(self._connection, deployment, slot, outside)
        row = {"site_id": deployment.site, "position": position, "quantity": quantity}
        insert_unless_present(self._connection, series_table, [row])
        same = (series_table.c[name] == value for name, value in row.items())
        series_id = int(self._connection.execute(select(series_table.c.id).where(*same)).scalar_one())
        place = deployment.id, outside
        ids = self.learned[place] = {**self._ids(place), channel_key(slot, quantity): series_id}
        if node in self._of_one_place:
            self._of_one_place[node] = ids
        return series_id

    def _ids(self, place: _Place) -> Ids:
        return self.learned.get(place) or self._catalogue.known.get(place, {})
