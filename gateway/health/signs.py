"""What a new version of the gateway is judged by (host/release): of its status the reports and receipts, and the form of its buffer."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from gateway.store.database import FILE_NAME, form_of, open_for_reading
from gateway.store.lanes import VERSION
from host.release.shown import Database, Shown

# What the fleet has done with items that it was sent: each of them is a receipt. They are kept in the buffer.
_RECEIPTS = ("items.forwarded", "items.duplicate_at_fleet", "items.refused_by_fleet")


def read_signs(status: Mapping[str, Any], state: Path) -> Shown:
    """`status`: of health/status.py."""
    path = state / FILE_NAME
    counters = status.get("counters", {})
    receipts = sum(counters.get(name, 0) for name in _RECEIPTS)
    return Shown(status.get("started_ms"), _reports(status), receipts, Database(str(path), str(VERSION), _found(path)))


def _reports(status: Mapping[str, Any]) -> dict[str, int]:
    reports = {f"node {name}": node.get("report_ms") for name, node in status.get("nodes", {}).items()}
    reports |= {f"source {name}": source.get("heard_ms") for name, source in status.get("sources", {}).items()}
    return {name: at_ms for name, at_ms in reports.items() if at_ms is not None}


def _found(path: Path) -> str | None:
    if not path.exists():
        return None
    try:
        with closing(open_for_reading(path)) as connection:
            return form_of(connection)
    except sqlite3.Error:
        return None
