"""Series follow the site: keyed by (site, position, quantity). Every slot that has reported gets a position at its node's site.

Values keep the ids of their series, so none of them is touched. A series of a node that was never deployed has no site: raises
MigrationError, and the store stays as it was.
"""

import sqlalchemy as sa
from alembic import op

from fleet.errors import MigrationError
from fleet.store.dialect import continue_numbering

revision = "0005"
down_revision = "0004"

_NODES_NAMED = 5


def upgrade() -> None:
    op.add_column("deployment", sa.Column("replaces_id", sa.BigInteger(), nullable=True))
    op.create_table(
        "slot_position",
        sa.Column("deployment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("slot", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("outside", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployment.id"], name=op.f("fk_slot_position_deployment_id")),
        sa.PrimaryKeyConstraint("deployment_id", "slot", "outside", name=op.f("pk_slot_position")),
    )
    # A node has had one deployment so far; should it have more, its series go to the newest.
    op.execute(
        "INSERT INTO slot_position (deployment_id, slot, outside, position) "
        "SELECT d.id, u.slot, false, row_number() OVER (PARTITION BY d.site_id ORDER BY d.id, u.slot) "
        "FROM (SELECT DISTINCT node_id, slot FROM series) u JOIN deployment d ON d.node_id = u.node_id "
        "WHERE d.id = (SELECT max(id) FROM deployment WHERE node_id = u.node_id)"
    )
    op.execute(
        "CREATE TABLE placed_series AS SELECT s.id, d.site_id, p.position, s.quantity FROM series s "
        "JOIN deployment d ON d.node_id = s.node_id JOIN slot_position p ON p.deployment_id = d.id AND p.slot = s.slot"
    )
    _require_all_placed(op.get_bind())
    op.drop_table("series")
    op.create_table(
        "series",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_series_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("site_id", "position", "quantity", name=op.f("uq_series_site_id_position_quantity")),
        sqlite_autoincrement=True,
    )
    op.execute("INSERT INTO series (id, site_id, position, quantity) SELECT id, site_id, position, quantity FROM placed_series")
    op.drop_table("placed_series")
    # Values may be left of a series that was deleted: a new one must not take them over.
    last = "SELECT max(id) FROM (SELECT max(id) AS id FROM series UNION ALL SELECT max(series_id) FROM value) ids"
    continue_numbering(op.get_bind(), "series", op.get_bind().exec_driver_sql(last).scalar() or 0)


def _require_all_placed(connection: sa.Connection) -> None:
    there, placed = (connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() for table in ("series", "placed_series"))
    if placed == there:
        return
    query = "SELECT DISTINCT node_id FROM series WHERE id NOT IN (SELECT id FROM placed_series) ORDER BY node_id"
    nodes = list(connection.exec_driver_sql(query).scalars())
    named = ", ".join(nodes[:_NODES_NAMED]) + (f" and {len(nodes) - _NODES_NAMED} more" if len(nodes) > _NODES_NAMED else "")
    raise MigrationError(
        f"{there - placed} of {there} series have no site, because their nodes have no row in deployment: {named}. "
        "Add one for each of these nodes (node_id, site_id, gateway_id, from_ms), then start again"
    )
