"""What happens to the values of a node when it leaves a place."""

from sqlalchemy import Connection, literal, select, update

from fleet.places.tables import deployment, slot_position
from fleet.record.aggregates import due
from fleet.record.ingest.series import SeriesCatalogue, SeriesView
from fleet.record.tables import series, value


def move_values(connection: Connection, node: str, from_ms: int) -> None:
    """Moves what is stored of the node for the time from from_ms on, when its deployment ended, to where the node was by then: elsewhere,
    or nowhere (`outside`).

    Its clock may be ahead, and its deliveries may have been committed between the request of the change and this.
    """
    view = SeriesView(connection, SeriesCatalogue())
    view.load({node})
    late = value.c.series_id == series.c.id, value.c.start_ms >= from_ms
    query = (
        select(series.c.id, series.c.quantity, slot_position.c.slot)
        .join(deployment, deployment.c.site_id == series.c.site_id)
        .join(slot_position, (slot_position.c.deployment_id == deployment.c.id) & (slot_position.c.position == series.c.position))
        .where(deployment.c.node_id == node, deployment.c.to_ms == from_ms, ~slot_position.c.outside)
        .where(select(value.c.series_id).where(*late).exists())
    )
    for row in connection.execute(query).all():
        own = view.id_at(node, from_ms, row.slot, row.quantity)
        to_move = value.c.series_id == row.id, value.c.start_ms >= from_ms
        for of_series in (value.c.series_id, literal(own)):
            due.mark_found(connection, due.spans_of(of_series, value.c.start_ms, value.c.duration_ms).where(*to_move))
        connection.execute(update(value).where(*to_move).values(series_id=own))
