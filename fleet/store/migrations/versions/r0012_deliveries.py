"""How many deliveries of each gateway were committed."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("gateway", sa.Column("deliveries", sa.BigInteger(), nullable=False, server_default="0"))
