"""The grid of the district: areas in four levels, and in which of them each site stands, as what."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "area",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("parent_id", sa.String(length=32), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=True),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("geometry", sa.Text(), nullable=True),
        *(sa.Column(side, sa.Float(53), nullable=True) for side in ("west", "south", "east", "north")),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("retired_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["area.id"], name=op.f("fk_area_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area")),
    )
    op.create_index(op.f("ix_area_parent_id"), "area", ["parent_id"])
    # In words that both databases know: Alembic would make the table anew on SQLite.
    op.execute("ALTER TABLE site ADD COLUMN area_id VARCHAR(32) CONSTRAINT fk_site_area_id REFERENCES area (id)")
    op.create_index(op.f("ix_site_area_id"), "site", ["area_id"])
    op.add_column("site", sa.Column("kind", sa.String(length=12), nullable=False, server_default="fixed"))
    op.add_column("site", sa.Column("inlet_height_m", sa.Float(53), nullable=True))
    op.add_column("site", sa.Column("surroundings", sa.String(length=2000), nullable=False, server_default=""))
