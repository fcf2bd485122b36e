"""Each gateway has a node of its name for what it says itself; items of mobile sites have a position."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "position",
        sa.Column("boot_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lat_e7", sa.Integer(), nullable=True),
        sa.Column("lon_e7", sa.Integer(), nullable=True),
        sa.Column("speed_mm_s", sa.Integer(), nullable=True),
        sa.Column("fix", sa.String(length=20), nullable=True),
        sa.Column("hdop_x100", sa.Integer(), nullable=True),
        sa.Column("age_ms", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("boot_id", "seq", name=op.f("pk_position")),
        sqlite_with_rowid=False,
    )
    # A gateway whose name a node has already keeps silent: its items would be taken for the node's.
    op.execute(
        "INSERT INTO node (id, key_hex, created_ms, settings_version) "
        "SELECT id, '', created_ms, 0 FROM gateway WHERE id NOT IN (SELECT id FROM node)"
    )
    op.execute(
        "INSERT INTO deployment (node_id, site_id, gateway_id, from_ms) "
        "SELECT g.id, g.site_id, g.id, g.created_ms FROM gateway g JOIN node n ON n.id = g.id WHERE n.key_hex = ''"
    )
