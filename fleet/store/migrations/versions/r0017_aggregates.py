"""Hours of series, made of values. All hours that have values are due: they are made by and by, and read from the values until then."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_HOUR_MS = 3_600_000
# A summary may be two days long, and lie in 49 hours.
_MOST_HOURS = 50


def upgrade() -> None:
    _make_tables()
    # In words that both databases know.
    op.execute("CREATE INDEX ix_value_long ON value (series_id, start_ms) WHERE duration_ms > 3600000")
    last_ms = "(value.start_ms + CASE WHEN value.duration_ms > 1 THEN value.duration_ms ELSE 1 END - 1)"
    op.execute(
        f"INSERT INTO aggregate_due (series_id, start_ms, changes) WITH RECURSIVE hour (n) AS "
        f"(SELECT 0 UNION ALL SELECT n + 1 FROM hour WHERE n < {_MOST_HOURS}) "
        f"SELECT DISTINCT value.series_id, (value.start_ms / {_HOUR_MS} + hour.n) * {_HOUR_MS}, 1 FROM value JOIN hour "
        f"ON hour.n <= {last_ms} / {_HOUR_MS} - value.start_ms / {_HOUR_MS}"
    )


def _make_tables() -> None:
    op.create_table(
        "aggregate",
        sa.Column("series_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("start_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("quality", sa.SmallInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("mean", "least", "greatest")),
        sa.Column("usable_ms", sa.Integer(), nullable=False),
        sa.Column("covered", sa.Text(), nullable=True),
        sa.Column("error_ms", sa.BigInteger(), nullable=False),
        sa.Column("origins", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("series_id", "start_ms", name=op.f("pk_aggregate")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "aggregate_due",
        sa.Column("series_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("start_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("series_id", "start_ms", name=op.f("pk_aggregate_due")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "site_hour",
        sa.Column("start_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("usable_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_site_hour_site_id")),
        sa.PrimaryKeyConstraint("start_ms", "site_id", name=op.f("pk_site_hour")),
        sqlite_with_rowid=False,
    )
