"""Hours of sites sum only what is at a position of a deployment: what was dated outside of them completes nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

_OUTSIDE = "SELECT d.site_id FROM slot_position p JOIN deployment d ON d.id = p.deployment_id WHERE p.outside"
_EXPECTED = """SELECT 1 FROM slot_position p JOIN deployment d ON d.id = p.deployment_id
    WHERE d.site_id = s.site_id AND p.position = s.position AND NOT p.outside"""


def upgrade() -> None:
    op.execute(
        sa.text(
            f"""UPDATE site_hour SET usable_ms = coalesce((
                SELECT sum(a.usable_ms) FROM series s JOIN aggregate a ON a.series_id = s.id AND a.start_ms = site_hour.start_ms
                WHERE s.site_id = site_hour.site_id AND EXISTS ({_EXPECTED})
            ), 0) WHERE site_id IN ({_OUTSIDE})"""
        )
    )
