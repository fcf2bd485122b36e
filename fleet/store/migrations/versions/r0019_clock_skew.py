"""By how much the clock of each gateway differs from ours, as its newest delivery showed it."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("gateway", sa.Column("clock_skew_ms", sa.BigInteger(), nullable=True))
    op.add_column("gateway", sa.Column("clock_heard_ms", sa.BigInteger(), nullable=True))
