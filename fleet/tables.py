"""The tables of the store. Knows columns and keys; refuses to know who reads or writes them, and which database holds them.

Places (site) and things (gateway, node) are different; `deployment` says what was where, from when to when. What a node said
is in `item`, byte for byte, and is never changed but for its dating, whose first version is kept. `value` is made from reports so
that a series can be read without opening bodies. All times are UTC, ms since 1970; values are scaled integers (contract.quantities).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# SQLite numbers rows by itself only where the key is exactly INTEGER.
_RowId = BigInteger().with_variant(Integer, "sqlite")
_Name = String(32)
_Sha256 = String(64)

# How a time is known: by the node's own clock, by an anchor of the gateway, by bounds only, or by bounds that an anchor repaired later.
HOW_NODE, HOW_ANCHOR, HOW_BOUNDS, HOW_REPAIRED = range(4)
HOW_KEYS = {HOW_NODE: "node", HOW_ANCHOR: "anchor", HOW_BOUNDS: "bounds", HOW_REPAIRED: "anchor"}

# Of a gateway's own voice: nobody may speak for it over a carrier, and it stands in no list of nodes for a gateway.
NO_KEY = ""

site = Table(
    "site",
    metadata,
    Column("id", _Name, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("latitude", Float(53), nullable=False),
    Column("longitude", Float(53), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
)

gateway = Table(
    "gateway",
    metadata,
    Column("id", _Name, primary_key=True),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("enrolled_ms", BigInteger),
    Column("seen_ms", BigInteger),
    Column("token_sha256", _Sha256, unique=True),
    Column("next_token_sha256", _Sha256, unique=True, index=True),
    Column("desired_version", Integer, nullable=False),
)

enrolment_code = Table(
    "enrolment_code",
    metadata,
    Column("code_sha256", _Sha256, primary_key=True),
    Column("gateway_id", ForeignKey("gateway.id"), nullable=False, index=True),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger),
)

node = Table(
    "node",
    metadata,
    Column("id", _Name, primary_key=True),
    Column("key_hex", String(64), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("settings_version", Integer, nullable=False),
)

deployment = Table(
    "deployment",
    metadata,
    Column("id", _RowId, primary_key=True, autoincrement=True),
    Column("node_id", ForeignKey("node.id"), nullable=False, index=True),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("gateway_id", ForeignKey("gateway.id"), nullable=False, index=True),
    Column("from_ms", BigInteger, nullable=False),
    Column("to_ms", BigInteger),
)

settings_revision = Table(
    "settings_revision",
    metadata,
    Column("node_id", ForeignKey("node.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("settings", Text, nullable=False),
    Column("author", String(200), nullable=False),
    Column("reason", String(1000), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
)

# What a node says about its settings: the version in force (by its newest item) and its last answer to an offer.
node_report = Table(
    "node_report",
    metadata,
    Column("node_id", ForeignKey("node.id"), primary_key=True),
    Column("in_force", Integer),
    Column("in_force_ms", BigInteger),
    Column("answered_version", Integer),
    Column("answered_ok", Boolean),
    Column("answered_faults", Text),
    Column("answered_ms", BigInteger),
)

desired = Table(
    "desired",
    metadata,
    Column("gateway_id", ForeignKey("gateway.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("issued_ms", BigInteger, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("key_id", String(16), nullable=False),
    Column("signature", String(128), nullable=False),
)

# Items of a gateway that were not taken, and why; the last detail stands for all of its reason.
refusal = Table(
    "refusal",
    metadata,
    Column("gateway_id", ForeignKey("gateway.id"), primary_key=True),
    Column("reason", String(40), primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
    Column("last_detail", String(400), nullable=False),
)

# The ledger of a boot, kept in the transaction of the items it counts. ranges: contract.site.sequence.Sequence as JSON.
boot = Table(
    "boot",
    metadata,
    Column("id", _RowId, primary_key=True, autoincrement=True),
    Column("node_id", ForeignKey("node.id"), nullable=False),
    Column("boot", String(16), nullable=False),
    Column("heard_ms", BigInteger, nullable=False),
    Column("first_ms", BigInteger),
    Column("last_ms", BigInteger),
    Column("ended_by", String(16)),
    Column("reset_cause", String(200)),
    Column("received", BigInteger, nullable=False),
    Column("duplicates", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("highest", Integer, nullable=False),
    Column("ranges", Text, nullable=False),
    Column("forgotten", BigInteger, nullable=False),
    Column("anchor_offset_ms", BigInteger),
    Column("anchor_error_ms", BigInteger),
    UniqueConstraint("node_id", "boot"),
)

dropped = Table(
    "dropped",
    metadata,
    Column("boot_id", ForeignKey("boot.id"), primary_key=True),
    Column("first", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, primary_key=True, autoincrement=False),
    Column("why", String(200), nullable=False),
)

item = Table(
    "item",
    metadata,
    Column("boot_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(8), nullable=False),
    Column("uptime_ms", BigInteger, nullable=False),
    Column("arrived_ms", BigInteger, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("how", SmallInteger, nullable=False),
    Column("start_ms", BigInteger, nullable=False),
    Column("error_ms", BigInteger, nullable=False),
    Column("original_start_ms", BigInteger),
    Column("original_error_ms", BigInteger),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

# Where a mobile gateway was when the item was made. Without a place only `why`; items of sites that stand have no row.
position = Table(
    "position",
    metadata,
    Column("boot_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("lat_e7", Integer),
    Column("lon_e7", Integer),
    Column("speed_mm_s", Integer),
    Column("fix", String(20)),
    Column("hdop_x100", Integer),
    Column("age_ms", BigInteger),
    Column("why", String(20)),
    sqlite_with_rowid=False,
)

series = Table(
    "series",
    metadata,
    Column("id", _RowId, primary_key=True, autoincrement=True),
    Column("node_id", ForeignKey("node.id"), nullable=False),
    Column("slot", SmallInteger, nullable=False),
    Column("quantity", SmallInteger, nullable=False),
    UniqueConstraint("node_id", "slot", "quantity"),
)

# Keyed so that a series over a range is one stretch of the table. n = 0: no number, only a quality.
value = Table(
    "value",
    metadata,
    Column("series_id", BigInteger, primary_key=True, autoincrement=False),
    Column("start_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("boot_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("duration_ms", Integer, nullable=False),
    Column("quality", SmallInteger, nullable=False),
    Column("n", Integer, nullable=False),
    Column("mean", BigInteger),
    Column("least", BigInteger),
    Column("greatest", BigInteger),
    Column("how", SmallInteger, nullable=False),
    Column("error_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

admin_token = Table(
    "admin_token",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("token_sha256", _Sha256, nullable=False, unique=True),
    Column("created_ms", BigInteger, nullable=False),
    Column("revoked_ms", BigInteger),
)

# Who changed what, when and why. Rows are only ever added.
change = Table(
    "change",
    metadata,
    Column("id", _RowId, primary_key=True, autoincrement=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("who", String(200), nullable=False),
    Column("what", String(40), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("reason", String(1000), nullable=False),
)

artifact = Table(
    "artifact",
    metadata,
    Column("sha256", _Sha256, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("size", Integer, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

log_line = Table(
    "log_line",
    metadata,
    Column("id", _RowId, primary_key=True, autoincrement=True),
    Column("gateway_id", ForeignKey("gateway.id"), nullable=False),
    Column("node_id", _Name),
    Column("at_ms", BigInteger, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("level", String(10), nullable=False),
    Column("text", String(1000), nullable=False),
)

# What happened at a limit of the service itself, by name.
limit_counter = Table(
    "limit_counter",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("count", BigInteger, nullable=False),
)
