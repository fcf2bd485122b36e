"""Table of the files that gateways fetch."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table

from fleet.store.columns import Sha256, metadata

artifact = Table(
    "artifact",
    metadata,
    Column("sha256", Sha256, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("size", Integer, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
