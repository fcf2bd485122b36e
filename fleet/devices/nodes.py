"""Rows of nodes, as other subjects need them: whether there is one, the version of the settings that are wanted, and what the node reported
of its settings."""

from collections.abc import Collection
from typing import Any, Literal

from sqlalchemy import Connection, Select, select, update

from fleet.devices.tables import NO_KEY, node_report
from fleet.devices.tables import node as node_table
from fleet.errors import NotFoundError, RetiredError
from fleet.store.dialect import insert_or_replace

# never_heard: nothing of the settings of this board has come yet.
SettingsState = Literal["confirmed", "pending", "refused", "never_heard"]


def lock_node(connection: Connection, node: str) -> Any:
    """As node_in_use, about to be changed."""
    return _in_use(connection, node, _of(node).with_for_update(key_share=True))


def lock_any_node(connection: Connection, node: str) -> Any:
    """As lock_node, a gateway's own node too, which has slots as others have."""
    return _in_use(connection, node, select(node_table).where(node_table.c.id == node).with_for_update(key_share=True))


def require_node(connection: Connection, node: str) -> None:
    """Retired or not, a gateway's own too. Raises NotFoundError."""
    if connection.execute(select(node_table.c.id).where(node_table.c.id == node)).first() is None:
        raise NotFoundError("node", node)


def boards_of(connection: Connection, nodes: Collection[str]) -> dict[str, int]:
    """By node, the number of the board that has its name now."""
    rows = connection.execute(select(node_table.c.id, node_table.c.hardware).where(node_table.c.id.in_(nodes)))
    return {row.id: row.hardware for row in rows}


def node_in_use(connection: Connection, node: str) -> Any:
    """The row of a node that is not retired. A gateway's own node is not one: it goes where its gateway goes. Raises NotFoundError,
    RetiredError."""
    return _in_use(connection, node, _of(node))


def _of(node: str) -> Select[Any]:
    return select(node_table).where(node_table.c.id == node, node_table.c.key_hex != NO_KEY)


def _in_use(connection: Connection, node: str, query: Select[Any]) -> Any:
    row = connection.execute(query).first()
    if row is None:
        raise NotFoundError("node", node)
    if row.retired_ms is not None:
        raise RetiredError("node", node)
    return row


def lock_settings_version(connection: Connection, node: str) -> int:
    """The version that is wanted now, locked where the database locks rows: no one else raises it meanwhile."""
    query = select(node_table.c.settings_version).where(node_table.c.id == node)
    return int(connection.execute(query.with_for_update()).scalar_one())


def set_settings(connection: Connection, node: str, version: int, sensors: int) -> None:
    """sensors: how many these settings name."""
    connection.execute(update(node_table).where(node_table.c.id == node).values(settings_version=version, sensors=sensors))


def settings_reports(connection: Connection, nodes: Collection[str]) -> dict[str, Any]:
    """By node, the row of node_report, with hardware and settings_version of the node; null in what it never reported."""
    query = select(node_table.c.id, node_table.c.hardware, node_table.c.settings_version, node_report).select_from(
        node_table.outerjoin(node_report, node_report.c.node_id == node_table.c.id)
    )
    return {row.id: row for row in connection.execute(query.where(node_table.c.id.in_(nodes)))}


def replace_settings_reports(connection: Connection, rows: list[dict[str, Any]], unless_older: str | None = None) -> None:
    """rows: node_id, and the columns of node_report that are to change, the same in all. unless_older: of these, one that only grows."""
    insert_or_replace(connection, node_report, rows, unless_older)


def settings_state(row: Any) -> SettingsState:
    """row: settings_version and key_hex of the node, in_force, answered_version and answered_ok of its report. A gateway's own node has no
    settings."""
    if row.key_hex == NO_KEY:
        return "confirmed"
    if row.in_force is None and row.answered_version is None:
        return "never_heard"
    if row.settings_version in (0, row.in_force):
        return "confirmed"
    if row.answered_version == row.settings_version and not row.answered_ok:
        return "refused"
    return "pending"
