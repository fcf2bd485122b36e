"""Admin tokens may expire, and say when they were used last."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("admin_token", sa.Column("expires_ms", sa.BigInteger(), nullable=True))
    op.add_column("admin_token", sa.Column("used_ms", sa.BigInteger(), nullable=True))
