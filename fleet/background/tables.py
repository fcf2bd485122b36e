"""Tables of work in the background: who holds the lease, how each work goes, and long jobs that somebody asked for."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, false

from fleet.store.columns import RowId, metadata

# Which process works. fence: raised by each that takes it; what an earlier one still writes is refused. until_ms: by the clock of the
# holder, for people; 0: given back.
lease = Table(
    "lease",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("holder", String(100), nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
)

# How each periodic work went. failures: one after the other, since it was last done; fault: of the newest of them.
work = Table(
    "work",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("done_ms", BigInteger),
    Column("failed_ms", BigInteger),
    Column("failures", Integer, nullable=False),
    Column("fault", String(400), nullable=False),
)

# starts: since anything was last saved of it, so that one that ends the process is given up. parameters, cursor, result: JSON.
job = Table(
    "job",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("kind", String(40), nullable=False),
    Column("state", String(10), nullable=False),
    Column("who", String(200), nullable=False),
    Column("parameters", Text, nullable=False),
    Column("cursor", Text),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger),
    Column("result", Text),
    Column("fault", String(400), nullable=False),
    Column("asked_ms", BigInteger, nullable=False),
    Column("started_ms", BigInteger),
    Column("ended_ms", BigInteger),
    Column("starts", Integer, nullable=False),
    Column("cancel_asked", Boolean, nullable=False, server_default=false()),
    Index("ix_job_state", "state", "id"),
    sqlite_autoincrement=True,
)
