"""What changed, before and after; when a site, a gateway or a node was retired; notes on gateways."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("change", sa.Column("before", sa.Text(), nullable=True))
    op.add_column("change", sa.Column("after", sa.Text(), nullable=True))
    op.create_index(op.f("ix_change_subject"), "change", ["subject"])
    for table in ("site", "gateway", "node"):
        op.add_column(table, sa.Column("retired_ms", sa.BigInteger(), nullable=True))
    op.add_column("gateway", sa.Column("notes", sa.String(length=1000), server_default="", nullable=False))
