"""The boards that had the name of a node, and which a boot was of; how long a node has had its positions; how many sensors it has."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "hardware",
        sa.Column("node_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("to_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name=op.f("fk_hardware_node_id")),
        sa.PrimaryKeyConstraint("node_id", "number", name=op.f("pk_hardware")),
    )
    op.execute("INSERT INTO hardware (node_id, number, from_ms) SELECT id, 1, created_ms FROM node WHERE key_hex != ''")
    op.add_column("boot", sa.Column("hardware", sa.Integer(), server_default="1", nullable=False))
    op.add_column("node", sa.Column("hardware", sa.Integer(), server_default="1", nullable=False))
    op.add_column("node", sa.Column("sensors", sa.Integer(), server_default="0", nullable=False))
    _count_sensors(op.get_bind())
    op.add_column("deployment", sa.Column("node_from_ms", sa.BigInteger(), server_default="0", nullable=False))
    op.execute("UPDATE deployment SET node_from_ms = from_ms WHERE replaces_id IS NOT NULL")


def _count_sensors(connection: sa.Connection) -> None:
    query = (
        "SELECT n.id, r.settings FROM node n JOIN settings_revision r ON r.node_id = n.id AND r.version = n.settings_version "
        "WHERE n.settings_version > 0"
    )
    for node, settings in connection.exec_driver_sql(query).all():
        named = {"node": node, "sensors": len(json.loads(settings).get("sensors", []))}
        connection.execute(sa.text("UPDATE node SET sensors = :sensors WHERE id = :node"), named)
