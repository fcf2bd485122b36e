"""Sensors as things, and which of them was in which slot."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_OPEN = sa.text("to_ms IS NULL")


def upgrade() -> None:
    op.create_table(
        "sensor",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("model", sa.String(length=40), nullable=False),
        sa.Column("serial", sa.String(length=200), nullable=True),
        sa.Column("mark", sa.String(length=200), nullable=False, server_default=""),
        sa.Column("batch", sa.String(length=200), nullable=False, server_default=""),
        sa.Column("first_use_ms", sa.BigInteger(), nullable=True),
        sa.Column("expected_life_days", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(length=1000), nullable=False, server_default=""),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_ms", sa.BigInteger(), nullable=True),
        sa.Column("retired_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sensor")),
        sa.UniqueConstraint("model", "serial", name=op.f("uq_sensor_model_serial")),
    )
    op.create_table(
        "sensor_stay",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("sensor_id", sa.String(length=32), nullable=False),
        sa.Column("node_id", sa.String(length=32), nullable=False),
        sa.Column("slot", sa.SmallInteger(), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("to_ms", sa.BigInteger(), nullable=True),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.Column("seen_board", sa.Integer(), nullable=True),
        sa.Column("seen_boot", sa.String(length=16), nullable=True),
        sa.Column("seen_seq", sa.Integer(), nullable=True),
        sa.Column("noticed", sa.String(length=10), nullable=False),
        sa.Column("replaces_id", sa.BigInteger(), nullable=True),
        sa.Column("change_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["sensor_id"], ["sensor.id"], name=op.f("fk_sensor_stay_sensor_id")),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name=op.f("fk_sensor_stay_node_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sensor_stay")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_sensor_stay_sensor_id"), "sensor_stay", ["sensor_id"])
    op.create_index(op.f("ix_sensor_stay_node_id_slot_from_ms"), "sensor_stay", ["node_id", "slot", "from_ms"])
    op.create_index("uq_sensor_stay_open", "sensor_stay", ["node_id", "slot"], unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN)
