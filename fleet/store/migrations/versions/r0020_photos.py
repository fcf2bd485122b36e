"""Photos of sites."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_table(
        "photo_content",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_photo_content")),
    )
    op.create_table(
        "site_photo",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_site_photo_site_id")),
        sa.ForeignKeyConstraint(["sha256"], ["photo_content.sha256"], name=op.f("fk_site_photo_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_photo")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_site_photo_site_id"), "site_photo", ["site_id"])
    op.create_index(op.f("ix_site_photo_sha256"), "site_photo", ["sha256"])
