"""Tables of what is wanted of nodes and gateways: revisions, and the signed documents made of them."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, String, Table, Text

from fleet.store.columns import Name, metadata

settings_revision = Table(
    "settings_revision",
    metadata,
    Column("node_id", Name, ForeignKey("node.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("settings", Text, nullable=False),
    Column("author", String(200), nullable=False),
    Column("reason", String(1000), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
)

gateway_revision = Table(
    "gateway_revision",
    metadata,
    Column("gateway_id", Name, ForeignKey("gateway.id"), primary_key=True),
    Column("part", String(20), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("content", Text, nullable=False),
    Column("author", String(200), nullable=False),
    Column("reason", String(1000), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
)

desired = Table(
    "desired",
    metadata,
    Column("gateway_id", Name, ForeignKey("gateway.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("issued_ms", BigInteger, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("key_id", String(16), nullable=False),
    Column("signature", String(128), nullable=False),
)
