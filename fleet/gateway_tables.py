"""The tables about gateways beside tables.py: what is wanted of them, and what they say of themselves."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, String, Table, Text

from fleet.tables import metadata

gateway_report = Table(
    "gateway_report",
    metadata,
    Column("gateway_id", ForeignKey("gateway.id"), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("ok", Boolean, nullable=False),
    Column("faults", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("state", String(10)),
    Column("in_force", Integer),
)

gateway_counter = Table(
    "gateway_counter",
    metadata,
    Column("gateway_id", ForeignKey("gateway.id"), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

gateway_revision = Table(
    "gateway_revision",
    metadata,
    Column("gateway_id", ForeignKey("gateway.id"), primary_key=True),
    Column("part", String(20), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("content", Text, nullable=False),
    Column("author", String(200), nullable=False),
    Column("reason", String(1000), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
)
