"""What `airgrid-gateway export` writes: every value that the buffer still has, one line each, in real units. Changes nothing.

Reads a slice at a time, so that a gateway that runs beside it is never kept from tidying its log.
"""

import csv
import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import msgspec

from air.statistics.summaries import is_summary
from contract import quantities
from contract.site import qualities
from gateway.errors import StoreError
from gateway.items import Row
from gateway.store.database import FILE_NAME, advice, open_for_reading
from gateway.store.site.boot_clocks import BootClocks
from gateway.store.site.dating import Limits

COLUMNS = (
    "node", "boot", "seq", "start_utc", "error_ms", "how", "duration_ms", "slot", "quantity", "unit", "quality", "n", "mean", "min", "max",
    "of", "sent",
)  # fmt: skip
_SLICE_ROWS = 2000
_ROW_COLUMNS = "node, boot, seq, kind, arrived_ms, uptime_ms, duration_ms, utc_ms, utc_error_ms, body"
_READ = (
    f"SELECT id, NOT EXISTS (SELECT 1 FROM unsent WHERE unsent.lane = items.lane AND unsent.id = items.id), {_ROW_COLUMNS} FROM items "
    "WHERE id > ? AND (kind = 'report' OR lane = 2) ORDER BY id LIMIT ?"
)

Line = dict[str, Any]


@dataclass(frozen=True)
class ExportFilter:
    """UTC ms; a period belongs to the moment at which it begins."""

    node: str | None
    from_ms: int
    to_ms: int


def lines(state: Path, limits: Limits, wanted: ExportFilter, progress: Callable[[int, int], None]) -> Iterator[Line]:
    """In order of arrival. `progress`: (id reached, greatest id). Raises StoreError."""
    path = state / FILE_NAME
    if not path.exists():
        raise StoreError(f"{path}: no buffer yet -> it is made at the first start")
    try:
        connection = open_for_reading(path)
        try:
            yield from _lines(connection, limits, wanted, progress)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error} -> {advice(error, path)}") from error


def known_nodes(state: Path) -> list[str]:
    """Those of which the buffer has anything. Raises StoreError."""
    path = state / FILE_NAME
    try:
        connection = open_for_reading(path)
        try:
            return [node for (node,) in connection.execute("SELECT DISTINCT node FROM items ORDER BY node")]
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error} -> {advice(error, path)}") from error


def write_csv(found: Iterator[Line], out: TextIO) -> int:
    """How many lines of values; with none also no header."""
    writer, number = csv.DictWriter(out, COLUMNS, lineterminator="\n"), 0
    for number, line in enumerate(found, 1):
        if number == 1:
            writer.writeheader()
        writer.writerow(line)
    return number


def write_ndjson(found: Iterator[Line], out: TextIO) -> int:
    """How many lines of values."""
    number = 0
    for number, line in enumerate(found, 1):  # noqa: B007 - the last number is what is asked for
        out.write(json.dumps(line, ensure_ascii=False) + "\n")
    return number


def _lines(connection: sqlite3.Connection, limits: Limits, wanted: ExportFilter, progress: Callable[[int, int], None]) -> Iterator[Line]:
    clocks = BootClocks(connection, limits)
    unsure = connection.execute("SELECT after_id, ifnull(up_to_id, 1 << 62) FROM unsure").fetchall()
    last: int = connection.execute("SELECT ifnull(max(id), 0) FROM stored").fetchone()[0]
    reached = 0
    while found := connection.execute(_READ, (reached, _SLICE_ROWS)).fetchall():
        for id_, sent, *values in found:
            row = Row(*values)
            yield from (
                _summary(row, sent, wanted)
                if row.kind != "report"
                else _report(row, clocks.date(row, unsure=any(after < id_ <= up_to for after, up_to in unsure)), sent, wanted)
            )
        reached = found[-1][0]
        progress(reached, max(last, reached))


def _report(row: Row, dated: Any, sent: int, wanted: ExportFilter) -> Iterator[Line]:
    if _is_wanted(wanted, row.node, dated.start_ms):
        head = _head(row.node, row.boot, row.seq, dated.start_ms, dated.error_ms, dated.how, row.duration_ms)
        for slot, quantity, quality, n, *values in _decoded(row.body).get("ch", []):
            yield head | _value(slot, quantity, quality, n, values) | {"of": "report", "sent": bool(sent)}


def _summary(row: Row, sent: int, wanted: ExportFilter) -> Iterator[Line]:
    p = _decoded(row.body).get("a", {})
    if is_summary(p) and _is_wanted(wanted, p["node"], p["start_ms"]):
        head = _head(p["node"], p["boot"], p["from"], p["start_ms"], p["error_ms"], "summary", p["duration_ms"])
        for slot, quantity, quality, _, _, n, *values in p["ch"]:
            yield head | _value(slot, quantity, quality, n, values) | {"of": f"summary of {p['reports']}", "sent": bool(sent)}


def _is_wanted(wanted: ExportFilter, node: str, start_ms: int) -> bool:
    return wanted.node in (None, node) and wanted.from_ms <= start_ms < wanted.to_ms


def _head(node: str, boot: str, seq: int, start_ms: int, error_ms: int, how: str, duration_ms: int) -> Line:
    start = datetime.fromtimestamp(start_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return {"node": node, "boot": boot, "seq": seq, "start_utc": start, "error_ms": error_ms, "how": how, "duration_ms": duration_ms}


def _value(slot: int, quantity: int, quality: int, n: int, values: list[int]) -> Line:
    mean, least, greatest = (value / quantities.scale(quantity) for value in values) if values else (None, None, None)
    return {
        "slot": slot, "quantity": quantities.key(quantity), "unit": quantities.unit(quantity), "quality": qualities.KEYS[quality],
        "n": n, "mean": mean, "min": least, "max": greatest,
    }  # fmt: skip


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        fields = msgspec.json.decode(body)
    except msgspec.DecodeError:  # corrupted on the card
        return {}
    return fields if isinstance(fields, dict) else {}
