"""Under which deployment a boot was delivered last, and since when: whose deliveries of a node count."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("boot", sa.Column("deployment_id", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("boot", sa.Column("delivered_since_ms", sa.BigInteger(), server_default="0", nullable=False))
