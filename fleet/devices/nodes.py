"""Rows of nodes, as other subjects need them: the version of the settings that are wanted, and what the node reported of its settings."""

from collections.abc import Collection
from typing import Any, Literal

from sqlalchemy import Connection, select, update

from fleet.devices.tables import node as node_table
from fleet.devices.tables import node_report
from fleet.store.dialect import insert_or_replace

SettingsState = Literal["confirmed", "pending", "refused"]


def lock_settings_version(connection: Connection, node: str) -> int:
    """The version that is wanted now, locked where the database locks rows: no one else raises it meanwhile."""
    query = select(node_table.c.settings_version).where(node_table.c.id == node)
    return int(connection.execute(query.with_for_update()).scalar_one())


def set_settings_version(connection: Connection, node: str, version: int) -> None:
    connection.execute(update(node_table).where(node_table.c.id == node).values(settings_version=version))


def settings_reports(connection: Connection, nodes: Collection[str]) -> dict[str, Any]:
    """By node, the row of node_report; a node that never reported its settings is absent."""
    return {row.node_id: row for row in connection.execute(select(node_report).where(node_report.c.node_id.in_(nodes)))}


def replace_settings_reports(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """rows: node_id, and the columns of node_report that are to change, the same in all."""
    insert_or_replace(connection, node_report, rows)


def settings_state(row: Any) -> SettingsState:
    """row: settings_version of the node, in_force, answered_version and answered_ok of its report."""
    if row.settings_version in (0, row.in_force):
        return "confirmed"
    if row.answered_version == row.settings_version and not row.answered_ok:
        return "refused"
    return "pending"
