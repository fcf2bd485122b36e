"""Alarms are handled: each has a state, someone who is to see to it, and steps. Alarms that exist already get their first ones."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.add_column("alarm", sa.Column("state", sa.String(length=12), nullable=False, server_default="raised"))
    op.add_column("alarm", sa.Column("assignee", sa.String(length=200), nullable=False, server_default=""))
    op.add_column("alarm", sa.Column("level", sa.SmallInteger(), nullable=False, server_default="0"))
    op.execute("UPDATE alarm SET state = 'resolved' WHERE cleared_ms IS NOT NULL")
    unresolved = sa.text("state <> 'resolved'")
    op.create_index("ix_alarm_unresolved", "alarm", ["id"], sqlite_where=unresolved, postgresql_where=unresolved)
    op.create_table(
        "step",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("alarm_id", sa.BigInteger(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("assignee", sa.String(length=200), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarm.id"], name=op.f("fk_step_alarm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_step_alarm_id"), "step", ["alarm_id"])
    columns = "alarm_id, at_ms, kind, state, who, assignee, level, text"
    first = f"INSERT INTO step ({columns}) SELECT id, {{}}, '{{}}', '{{}}', '', '', 0, '' FROM alarm"
    op.execute(first.format("coalesce(raised_ms, since_ms)", "raised", "raised") + " ORDER BY id")
    op.execute(first.format("cleared_ms", "ended", "resolved") + " WHERE cleared_ms IS NOT NULL ORDER BY id")
