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
_OF_LINK = ("salt", "personal_sha256", "link", "digest")
_CHANGE = sa.table("change", *map(sa.column, ("id", *_WHAT, "who", "address", "reason", *_OF_LINK)))
_ROWS_AT_ONCE = 1000


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
    """In pieces: a record may have more changes than fit into memory at once."""
    of_id = _CHANGE.update().where(_CHANGE.c.id == sa.bindparam("of_id"))
    to_link = of_id.values({name: sa.bindparam(f"to_{name}") for name in _OF_LINK})
    piece = sa.select(_CHANGE).order_by(_CHANGE.c.id).limit(_ROWS_AT_ONCE)
    link, digest, rows = 0, _FIRST, connection.execute(piece).all()
    while rows:
        linked = []
        for row in rows:
            link, salt = link + 1, secrets.token_hex(16)
            personal = _digest([salt, row.who, row.address, row.reason])
            digest = _digest([digest, link, *(getattr(row, name) for name in _WHAT), personal])
            linked.append({"of_id": row.id, "to_salt": salt, "to_personal_sha256": personal, "to_link": link, "to_digest": digest})
        connection.execute(to_link, linked)
        rows = connection.execute(piece.where(_CHANGE.c.id > rows[-1].id)).all()


def _digest(parts: list[Any]) -> str:
    return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()
