"""Rules, calibrations, sources and settings of gateways as revisions, and how far a document has come at its gateway."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "gateway_revision",
        sa.Column("gateway_id", sa.String(length=32), nullable=False),
        sa.Column("part", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["gateway_id"], ["gateway.id"], name=op.f("fk_gateway_revision_gateway_id")),
        sa.PrimaryKeyConstraint("gateway_id", "part", "version", name=op.f("pk_gateway_revision")),
    )
    op.add_column("gateway_report", sa.Column("state", sa.String(length=10), nullable=True))
    op.add_column("gateway_report", sa.Column("in_force", sa.Integer(), nullable=True))
