"""Which run of a gateway's program reported, and the number of the report in it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("gateway_report", sa.Column("boot", sa.String(length=16), nullable=True))
    op.add_column("gateway_report", sa.Column("seq", sa.BigInteger(), nullable=True))
