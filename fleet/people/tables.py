"""Tables of people and what they did: admin tokens, and who changed what."""

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table, Text

from fleet.store.columns import Name, RowId, Sha256, metadata

admin_token = Table(
    "admin_token",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("token_sha256", Sha256, nullable=False, unique=True),
    Column("created_ms", BigInteger, nullable=False),
    Column("revoked_ms", BigInteger),
    Column("expires_ms", BigInteger),
    Column("used_ms", BigInteger),
    # What it may do, and where; null: in the whole district.
    Column("role", String(20), nullable=False, server_default="administrator"),
    Column("area_id", Name, ForeignKey("area.id")),
)

# Who (a name, and of what kind: actor) changed what, when, from where and why; before and after as JSON. Rows are only ever added; each is
# a link of a chain (audit_chain.py), whose order is that of the transactions.
change = Table(
    "change",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("who", String(200), nullable=False),
    Column("what", String(40), nullable=False),
    Column("subject", String(200), nullable=False, index=True),
    Column("reason", String(1000), nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("actor", String(10), nullable=False),
    Column("address", String(45), nullable=False, server_default=""),
    Column("salt", String(32)),
    Column("personal_sha256", Sha256, nullable=False),
    Column("link", BigInteger, unique=True),
    Column("digest", Sha256),
)
