"""The record of changes becomes a chain: each entry has a digest over itself and the digest before (fleet/people/audit_chain.py)."""

import hashlib
import json
import secrets
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_FIRST = "0" * 64
_WHAT = ("at_ms", "actor", "what", "subject", "before", "after")
_CHANGE = sa.table("change", *map(sa.column, ("id", *_WHAT, "who", "address", "reason", "salt", "personal_sha256", "link", "digest")))


def upgrade() -> None:
    op.add_column("change", sa.Column("address", sa.String(length=45), nullable=False, server_default=""))
    op.add_column("change", sa.Column("salt", sa.String(length=32), nullable=True))
    op.add_column("change", sa.Column("personal_sha256", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("change", sa.Column("link", sa.BigInteger(), nullable=True))
    op.add_column("change", sa.Column("digest", sa.String(length=64), nullable=True))
    _link_past_changes(op.get_bind())
    with op.batch_alter_table("change") as table:
        table.alter_column("personal_sha256", server_default=None)
        table.create_unique_constraint(op.f("uq_change_link"), ["link"])


def _link_past_changes(connection: sa.Connection) -> None:
    digest = _FIRST
    for link, row in enumerate(connection.execute(sa.select(_CHANGE).order_by(_CHANGE.c.id)).all(), 1):
        salt = secrets.token_hex(16)
        personal = _digest([salt, row.who, row.address, row.reason])
        digest = _digest([digest, link, *(getattr(row, name) for name in _WHAT), personal])
        values = {"salt": salt, "personal_sha256": personal, "link": link, "digest": digest}
        connection.execute(_CHANGE.update().where(_CHANGE.c.id == row.id).values(values))


def _digest(parts: list[Any]) -> str:
    return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()
