"""API tokens have a role, and where they have it; those that there are may do everything, as before."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.add_column("admin_token", sa.Column("role", sa.String(length=20), nullable=False, server_default="administrator"))
    # In words that both databases know: Alembic would make the table anew on SQLite.
    op.execute("ALTER TABLE admin_token ADD COLUMN area_id VARCHAR(32) CONSTRAINT fk_admin_token_area_id REFERENCES area (id)")
