"""The record of changes says of what kind each name is that acted: an admin token may be called as a gateway is."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

# What gateways did by themselves; the console could not be the name of a token.
_BY_GATEWAYS = ("gateway_enrolled", "gateway_token_renewed", "document_overtaken")


def upgrade() -> None:
    op.add_column("change", sa.Column("actor", sa.String(length=10), nullable=False, server_default="token"))
    change = sa.table("change", sa.column("actor"), sa.column("who"), sa.column("what"))
    op.execute(change.update().where(change.c.what.in_(_BY_GATEWAYS)).values(actor="gateway"))
    op.execute(change.update().where(change.c.who == "console", change.c.what.not_in(_BY_GATEWAYS)).values(actor="console"))
    with op.batch_alter_table("change") as table:
        table.alter_column("actor", server_default=None)
