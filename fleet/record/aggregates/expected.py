"""Of which series time is expected: those at the positions of deployments. What was dated outside of them, as of a node that goes on after
it was retired, is kept at positions of its own, and completes nothing."""

from sqlalchemy import ColumnElement, select

from fleet.places.tables import deployment, slot_position
from fleet.record.tables import series


def is_expected() -> ColumnElement[bool]:
    """A condition on `series`."""
    held = slot_position.join(deployment, slot_position.c.deployment_id == deployment.c.id)
    here = deployment.c.site_id == series.c.site_id, slot_position.c.position == series.c.position
    return select(slot_position.c.position).select_from(held).where(*here, ~slot_position.c.outside).exists()
