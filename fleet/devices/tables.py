"""Tables of things: gateways and nodes, how they enrol, and what they report of themselves."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, SmallInteger, String, Table, Text, UniqueConstraint, text

from fleet.store.columns import Name, RowId, Sha256, metadata

# Key of a gateway's own node: no node can use it over a carrier, and it is in no gateway's list of nodes.
NO_KEY = ""
# Key of a retired node: none at all, and no gateway lists it.
ENDED_KEY = "ended"

gateway = Table(
    "gateway",
    metadata,
    Column("id", Name, primary_key=True),
    Column("site_id", Name, ForeignKey("site.id"), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("enrolled_ms", BigInteger),
    Column("seen_ms", BigInteger),
    # That were committed.
    Column("deliveries", BigInteger, nullable=False, server_default="0"),
    # Its clock less ours at the newest delivery that stated its time, and when that was.
    Column("clock_skew_ms", BigInteger),
    Column("clock_heard_ms", BigInteger),
    Column("token_sha256", Sha256, unique=True),
    Column("next_token_sha256", Sha256, unique=True, index=True),
    Column("desired_version", Integer, nullable=False),
    Column("retired_ms", BigInteger),
    Column("notes", String(1000), nullable=False, server_default=""),
)

enrolment_code = Table(
    "enrolment_code",
    metadata,
    Column("code_sha256", Sha256, primary_key=True),
    Column("gateway_id", ForeignKey("gateway.id"), nullable=False, index=True),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger),
)

node = Table(
    "node",
    metadata,
    Column("id", Name, primary_key=True),
    Column("key_hex", String(64), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("settings_version", Integer, nullable=False),
    Column("retired_ms", BigInteger),
    Column("hardware", Integer, nullable=False, server_default="1"),
    # How many the settings name that are wanted.
    Column("sensors", Integer, nullable=False, server_default="0"),
)

# The boards that had the name of a node, one after the other, numbered from 1; each had a key of its own.
hardware = Table(
    "hardware",
    metadata,
    Column("node_id", Name, ForeignKey("node.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("from_ms", BigInteger, nullable=False),
    Column("to_ms", BigInteger),
)

# What a node reports of its settings: the version in force (by its newest item) and its last answer to an offer.
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
    Column("boot", String(16)),
    Column("seq", BigInteger),
)

gateway_counter = Table(
    "gateway_counter",
    metadata,
    Column("gateway_id", ForeignKey("gateway.id"), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

log_line = Table(
    "log_line",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("gateway_id", ForeignKey("gateway.id"), nullable=False),
    Column("node_id", Name),
    Column("at_ms", BigInteger, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("level", String(10), nullable=False),
    Column("text", String(1000), nullable=False),
)

# A sensor as a thing. serial: of no other of its model; null where it has none that is known. mark: what its part says of itself that its
# like may say too, such as the version of its firmware. confirmed_ms: null where only a hello named it, and no person has.
sensor = Table(
    "sensor",
    metadata,
    Column("id", Name, primary_key=True),
    Column("model", String(40), nullable=False),
    Column("serial", String(200)),
    Column("mark", String(200), nullable=False, server_default=""),
    Column("batch", String(200), nullable=False, server_default=""),
    Column("first_use_ms", BigInteger),
    Column("expected_life_days", Integer),
    Column("note", String(1000), nullable=False, server_default=""),
    Column("created_ms", BigInteger, nullable=False),
    Column("confirmed_ms", BigInteger),
    Column("retired_ms", BigInteger),
    UniqueConstraint("model", "serial"),
)

# Which sensor was in which slot of which node. seen_*: the newest hello that named it there. noticed: by a hello, or by a person.
# replaces_id: the stay in this slot that ended with its beginning. change_id: of the record of changes, which says who and why.
sensor_stay = Table(
    "sensor_stay",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("sensor_id", Name, ForeignKey("sensor.id"), nullable=False, index=True),
    Column("node_id", Name, ForeignKey("node.id"), nullable=False),
    Column("slot", SmallInteger, nullable=False),
    Column("from_ms", BigInteger, nullable=False),
    Column("to_ms", BigInteger),
    Column("seen_ms", BigInteger, nullable=False),
    Column("seen_board", Integer),
    Column("seen_boot", String(16)),
    Column("seen_seq", Integer),
    Column("noticed", String(10), nullable=False),
    Column("replaces_id", BigInteger),
    Column("change_id", BigInteger, nullable=False),
    Index(None, "node_id", "slot", "from_ms"),
    Index(
        "uq_sensor_stay_open", "node_id", "slot", unique=True, sqlite_where=text("to_ms IS NULL"), postgresql_where=text("to_ms IS NULL")
    ),
    sqlite_autoincrement=True,
)

# What happened at a limit of the service itself, by name.
limit_counter = Table(
    "limit_counter",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("count", BigInteger, nullable=False),
)
