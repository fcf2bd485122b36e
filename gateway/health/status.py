"""What `airgrid-gateway status` shows: read from the state folder, whether the gateway runs or not. Changes nothing."""

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.counters import MEANINGS
from gateway.desired.files import GOOD_FILE as DESIRED_FILE
from gateway.errors import IdentityError
from gateway.identity_file import load
from gateway.store.counts import ledger
from gateway.store.database import FILE_NAME, advice, open_for_reading
from gateway.store.delivery.backlog import lanes
from gateway.store.delivery.fate import OwnItem, fate_of
from host.state_lock import StateLock

_ERRORS_SHOWN = 20
# In which a gateway opens its page, reaches its broker and notes it.
_STARTING_MS = 30_000


def read_status(state: Path, now_ms: int, live: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Times in it are UTC ms; ages in s. What cannot be read is absent, and `fault` says why.

    `live`: what the process that asks about itself knows better than what it saved last.
    """
    shown: dict[str, Any] = {"at_ms": now_ms, "running": StateLock(state).is_held(), "gateway": _gateway_id(state)}
    shown["desired_version"] = _pinned_version(state)
    path = state / FILE_NAME
    if not path.exists():
        return shown | {"fault": f"{path}: no buffer yet"}
    try:
        connection = open_for_reading(path)
        try:
            return shown | _buffer_status(connection, path, now_ms, live or {})
        finally:
            connection.close()
    except sqlite3.Error as error:
        return shown | {"fault": f"{path}: {error} -> {advice(error, path)}"}


def has_just_started(status: Mapping[str, Any]) -> bool:
    """`status`: of read_status. Whether what it does not show yet may only need a moment."""
    started_ms = status.get("started_ms")
    return started_ms is not None and 0 <= status["at_ms"] - started_ms < _STARTING_MS


def _buffer_status(connection: sqlite3.Connection, path: Path, now_ms: int, live: Mapping[str, Any]) -> dict[str, Any]:
    snapshots = {subject: json.loads(document) for subject, document in connection.execute("SELECT subject, document FROM snapshots")}
    snapshots |= live
    return {
        "backlog": _backlog(connection, path, now_ms),
        "broker_connected": snapshots.get("gateway", {}).get("broker_connected"),
        "fleet": snapshots.get("gateway", {}).get("fleet"),
        "desired_on_trial": snapshots.get("gateway", {}).get("desired_on_trial", False),
        "desired_misfits": snapshots.get("gateway", {}).get("desired_misfits", []),
        "clock": snapshots.get("gateway", {}).get("clock"),
        "data": snapshots.get("gateway", {}).get("data"),
        "limits": snapshots.get("gateway", {}).get("limits"),
        "page": snapshots.get("gateway", {}).get("page"),
        "started_ms": snapshots.get("gateway", {}).get("started_ms"),
        "nodes": {node: _node(state, now_ms) for node, state in snapshots.get("nodes", {}).items()},
        "unknown_nodes": snapshots.get("unknown_nodes", {}),
        "sources": {name: _source(state, now_ms) for name, state in snapshots.get("sources", {}).items()},
        "alarms": snapshots.get("alarms", []),
        "alarm_tests": [
            _alarm_test(connection, snapshots["gateway"], item) for item in snapshots.get("gateway", {}).get("alarm_tests", [])
        ],
        "outputs": snapshots.get("outputs", {}),
        "counters": dict.fromkeys(MEANINGS, 0) | ledger(connection),
        "errors": _errors(connection),
    }


def _errors(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Equal ones are one, `times` of them from `first_ms` on; first the one that came last."""
    lines = connection.execute(
        "SELECT max(at_ms), place, text, count(*), min(at_ms) FROM errors GROUP BY place, text ORDER BY max(id) DESC LIMIT ?",
        (_ERRORS_SHOWN,),
    )
    return [dict(zip(("at_ms", "place", "text", "times", "first_ms"), line, strict=True)) for line in lines]


def _backlog(connection: sqlite3.Connection, path: Path, now_ms: int) -> dict[str, Any]:
    waiting = lanes(connection)
    oldest_s = {name: max(0, (now_ms - lane.oldest_ms) / 1000) for name, lane in waiting.items() if lane.oldest_ms is not None}
    files = [path.with_name(path.name + suffix) for suffix in ("", "-wal")]
    return {
        "waiting": sum(lane.waiting for lane in waiting.values()),
        "lanes": {name: lane.waiting for name, lane in waiting.items()},
        "oldest_s": oldest_s,
        "oldest_age_s": max(oldest_s.values(), default=None),
        # From the oldest to the newest, not counted one by one: that would read the whole file.
        "stored": connection.execute("SELECT ifnull((SELECT max(id) FROM stored) - (SELECT min(id) FROM stored) + 1, 0)").fetchone()[0],
        "refused": connection.execute("SELECT count(*) FROM refused").fetchone()[0],
        "gaps": [
            {"node": node, "boot": boot, "from": first, "to": last, "why": why}
            for node, boot, first, last, why in connection.execute(
                "SELECT node, boot, first, last, why FROM gaps ORDER BY id DESC LIMIT ?", (_ERRORS_SHOWN,)
            )
        ],
        "bytes": sum(file.stat().st_size for file in files if file.exists()),
    }


def _alarm_test(connection: sqlite3.Connection, gateway: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    item = OwnItem(**document)
    return {"boot": item.boot, "seq": item.seq, **fate_of(connection, gateway["gateway"], item)._asdict()}


def _node(state: dict[str, Any], now_ms: int) -> dict[str, Any]:
    return state | {"heard_age_s": _age_s(state["heard_ms"], now_ms), "report_age_s": _age_s(state["report_ms"], now_ms)}


def _source(state: dict[str, Any], now_ms: int) -> dict[str, Any]:
    return state | {"heard_age_s": _age_s(state["heard_ms"], now_ms)}


def _age_s(at_ms: int | None, now_ms: int) -> float | None:
    return None if at_ms is None else max(0, (now_ms - at_ms) / 1000)


def _gateway_id(state: Path) -> str | None:
    try:
        return load(state).gateway
    except IdentityError:
        return None


def _pinned_version(state: Path) -> int | None:
    try:
        version = json.loads((state / DESIRED_FILE).read_bytes())["document"]["version"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return version if isinstance(version, int) else None
