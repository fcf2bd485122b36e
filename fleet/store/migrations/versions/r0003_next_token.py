"""A gateway's next token, beside the one in use until it has been used once."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("gateway", sa.Column("next_token_sha256", sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_gateway_next_token_sha256"), "gateway", ["next_token_sha256"], unique=True)
