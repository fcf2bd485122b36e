"""Events can be found by time, and alarms are kept as such: also those that were there before."""

import sqlalchemy as sa
from alembic import op

from fleet.store.migrations.past_events import list_past_events

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "event",
        sa.Column("boot_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("node_id", sa.String(length=32), nullable=True),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("gateway_id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("boot_id", "seq", name=op.f("pk_event")),
    )
    op.create_index(op.f("ix_event_start_ms"), "event", ["start_ms"])
    for column in ("key", "node_id", "site_id", "gateway_id"):
        op.create_index(op.f(f"ix_event_{column}_start_ms"), "event", [column, "start_ms"])
    _create_alarm()
    list_past_events(op.get_bind())


def _create_alarm() -> None:
    subject = ["gateway_id", "rule", "node_id", "slot", "quantity", "since_ms"]
    op.create_table(
        "alarm",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("gateway_id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("node_id", sa.String(length=32), nullable=False),
        sa.Column("slot", sa.SmallInteger(), nullable=False),
        sa.Column("quantity", sa.String(length=40), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=True),
        sa.Column("raised_ms", sa.BigInteger(), nullable=True),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("limit", sa.BigInteger(), nullable=True),
        sa.Column("scale", sa.BigInteger(), nullable=True),
        sa.Column("unit", sa.String(length=40), nullable=True),
        sa.Column("window_ms", sa.BigInteger(), nullable=True),
        sa.Column("cleared_ms", sa.BigInteger(), nullable=True),
        sa.Column("cleared_by", sa.String(length=20), nullable=True),
        sa.Column("cleared_value", sa.BigInteger(), nullable=True),
        sa.Column("missing_ms", sa.BigInteger(), nullable=True),
        sa.Column("found_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
        sa.UniqueConstraint(*subject, name=op.f("uq_alarm_" + "_".join(subject))),
    )
    op.create_index(op.f("ix_alarm_since_ms"), "alarm", ["since_ms"])
    is_open = sa.text("cleared_ms IS NULL")
    op.create_index("ix_alarm_open", "alarm", ["since_ms"], sqlite_where=is_open, postgresql_where=is_open)
