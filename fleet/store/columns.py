"""What all tables share: the metadata, how constraints are named, and the types of columns that several subjects have.

Knows no table by name. All times are UTC, ms since 1970; values are scaled integers (contract.quantities).
"""

from sqlalchemy import BigInteger, Integer, MetaData, String

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# SQLite numbers rows by itself only where the key is exactly INTEGER.
RowId = BigInteger().with_variant(Integer, "sqlite")
Name = String(32)
Sha256 = String(64)
