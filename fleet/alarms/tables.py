"""Tables of alarms: each from its raise to its end, what was done about it step by step, and when alarms are muted."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, SmallInteger, String, Table, UniqueConstraint, text

from fleet.store.columns import Name, RowId, metadata

# Each once from its raise to its clear (contract/site/alarm_events.py); what has not come is None. Of the service itself gateway_id is "".
# value, cleared_value and limit: integers times scale. missing_ms: newest data before they ended; found_ms: when they were there again.
# state, assignee, level: how it is handled (lifecycle.py).
alarm = Table(
    "alarm",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("gateway_id", Name, nullable=False),
    Column("site_id", Name, nullable=False),
    Column("rule", String(40), nullable=False),
    Column("node_id", Name, nullable=False),
    Column("slot", SmallInteger, nullable=False),
    Column("quantity", String(40), nullable=False),
    Column("since_ms", BigInteger, nullable=False, index=True),
    Column("version", BigInteger, nullable=False),
    Column("severity", String(10)),
    Column("raised_ms", BigInteger),
    Column("value", BigInteger),
    Column("limit", BigInteger),
    Column("scale", BigInteger),
    Column("unit", String(40)),
    Column("window_ms", BigInteger),
    Column("cleared_ms", BigInteger),
    Column("cleared_by", String(20)),
    Column("cleared_value", BigInteger),
    Column("missing_ms", BigInteger),
    Column("found_ms", BigInteger),
    Column("state", String(12), nullable=False, server_default="raised"),
    Column("assignee", String(200), nullable=False, server_default=""),
    Column("level", SmallInteger, nullable=False, server_default="0"),
    UniqueConstraint("gateway_id", "rule", "node_id", "slot", "quantity", "since_ms"),
    # Few of all.
    Index("ix_alarm_unresolved", "id", sqlite_where=text("state <> 'resolved'"), postgresql_where=text("state <> 'resolved'")),
    Index("ix_alarm_open", "since_ms", sqlite_where=text("cleared_ms IS NULL"), postgresql_where=text("cleared_ms IS NULL")),
)

# What happened to an alarm, in the order of its commits; rows are only ever added. who "": its source. assignee, level: after the step.
step = Table(
    "step",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("alarm_id", BigInteger, ForeignKey("alarm.id"), nullable=False, index=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("state", String(12), nullable=False),
    Column("who", String(200), nullable=False),
    Column("assignee", String(200), nullable=False),
    Column("level", SmallInteger, nullable=False),
    Column("text", String(2000), nullable=False),
    sqlite_autoincrement=True,
)
