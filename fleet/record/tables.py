"""Tables of the record: the ledger of boots, items byte for byte, and the values made of them.

What a node reported is in `item` and is never changed but for its dating, whose first version is kept. `value` is made from reports so
that a series can be read without opening bodies.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from fleet.store.columns import Name, RowId, metadata

# Of values that are longer than an hour, as a database needs it to find the index that has only these.
LONG = "duration_ms > 3600000"

# The ledger of a boot, kept in the transaction of the items it counts. ranges: contract.site.sequence.Sequence as JSON. deployment_id: the
# latest under which anything of it was delivered (0: of a boot that is older than this column), and since when by our clock.
boot = Table(
    "boot",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("node_id", Name, ForeignKey("node.id"), nullable=False),
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
    Column("hardware", Integer, nullable=False, server_default="1"),
    Column("deployment_id", BigInteger, nullable=False, server_default="0"),
    Column("delivered_since_ms", BigInteger, nullable=False, server_default="0"),
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

# The events among the items, to be found by time: what happened, what it is about (a node, or None for a whole site), and where that was.
event = Table(
    "event",
    metadata,
    Column("boot_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("start_ms", BigInteger, nullable=False, index=True),
    Column("key", String(40), nullable=False),
    Column("node_id", Name),
    Column("site_id", Name, nullable=False),
    Column("gateway_id", Name, nullable=False),
    Index(None, "key", "start_ms"),
    Index(None, "node_id", "start_ms"),
    Index(None, "site_id", "start_ms"),
    Index(None, "gateway_id", "start_ms"),
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

# What is measured of one quantity at one position of a site, whichever node has the position (fleet/places/deployments.py).
series = Table(
    "series",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("site_id", Name, ForeignKey("site.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("quantity", SmallInteger, nullable=False),
    UniqueConstraint("site_id", "position", "quantity"),
    sqlite_autoincrement=True,
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
    # Few are longer than an hour, and those lie far before the hours that they touch.
    Index("ix_value_long", "series_id", "start_ms", sqlite_where=text(LONG), postgresql_where=text(LONG)),
    sqlite_with_rowid=False,
)

# Hours (UTC) of series, made of values (air/statistics/hours.py): those that are in `aggregate_due` are not up to date, and an hour that is
# in neither has no value. covered: time in ms by quality code, as JSON, null where all of usable_ms is of the quality of the hour.
aggregate = Table(
    "aggregate",
    metadata,
    Column("series_id", BigInteger, primary_key=True, autoincrement=False),
    Column("start_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("quality", SmallInteger, nullable=False),
    Column("n", BigInteger, nullable=False),
    Column("mean", BigInteger),
    Column("least", BigInteger),
    Column("greatest", BigInteger),
    Column("usable_ms", Integer, nullable=False),
    Column("covered", Text),
    Column("error_ms", BigInteger, nullable=False),
    Column("origins", SmallInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Hours of which values have come, gone or moved since they were made. changes: counts them, so that two transactions that change the same
# hour wait for each other, and for the one that makes it.
aggregate_due = Table(
    "aggregate_due",
    metadata,
    Column("series_id", BigInteger, primary_key=True, autoincrement=False),
    Column("start_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("changes", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# The usable time of all aggregates of a site in an hour, so that the completeness of a district is not read series by series.
site_hour = Table(
    "site_hour",
    metadata,
    Column("start_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("site_id", Name, ForeignKey("site.id"), primary_key=True),
    Column("usable_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Items of a gateway that were not taken, and why; the last detail stands for all of its reason.
refusal = Table(
    "refusal",
    metadata,
    Column("gateway_id", Name, ForeignKey("gateway.id"), primary_key=True),
    Column("reason", String(40), primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
    Column("last_detail", String(400), nullable=False),
)
