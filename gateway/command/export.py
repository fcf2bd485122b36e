"""What the commands `inspect` and `export` print, and how far a long one has come. What is read stands in gateway/store."""

import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from gateway.store.export import ExportFilter, known_nodes, lines, write_csv, write_ndjson
from gateway.store.site.dating import Limits

_NODES_TOLD = 20


class Format(StrEnum):
    CSV = "csv"
    NDJSON = "ndjson"


def moment_ms(text: str, default: int) -> int:
    """Raises typer.BadParameter."""
    if not text:
        return default
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no moment such as 2027-01-15T08:00Z") from error
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def check_range(wanted: ExportFilter) -> None:
    """Raises typer.BadParameter."""
    if wanted.from_ms >= wanted.to_ms:
        raise typer.BadParameter("--to is not later than --from: there is nothing in between", param_hint="--to")


def nothing_found(state: Path, wanted: ExportFilter) -> str:
    """Why there was no line, as far as that is known. Raises StoreError."""
    nodes = known_nodes(state)
    if wanted.node is not None and wanted.node not in nodes:
        there = ", ".join(nodes[:_NODES_TOLD]) + (", ..." if len(nodes) > _NODES_TOLD else "")
        return f"nothing written: the buffer has nothing of {wanted.node}; it has {there or 'no node at all'}"
    return "nothing written: no value of that time is in the buffer; `airgrid-gateway inspect` shows what it has"


def export_to(out: Path | None, as_: Format, state: Path, limits: Limits, wanted: ExportFilter) -> int:
    """How many lines of values were written. Raises StoreError, OSError."""
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("export", total=None)
        found = lines(state, limits, wanted, lambda reached, last: bar.update(task, completed=reached, total=last))
        write = write_csv if as_ is Format.CSV else write_ndjson
        if out is None:
            return write(found, sys.stdout)
        with out.open("w", encoding="utf-8") as file:
            return write(found, file)


def print_inspection(shown: dict[str, Any]) -> None:
    console = Console()
    console.print(shown["file"], markup=False)
    console.print(", ".join(f"{name} {value}" for name, value in shown["sizes"].items()))
    for title in ("lanes", "nodes", "lost", "refused"):
        console.print(_table(title, shown[title]))
    for gap in shown["gaps"][:20]:
        console.print(f"  {gap['node']} {gap['boot']} {gap['from']}-{gap['to']}: {gap['why']}", markup=False)


def _table(title: str, rows: dict[str, dict[str, Any]]) -> Table:
    columns = list(next(iter(rows.values()), {}))
    table = Table(title, *columns)
    for name, row in rows.items():
        table.add_row(name, *(_shown(column, row[column]) for column in columns))
    return table


def _shown(column: str, value: Any) -> str:
    if column.endswith("_ms") and value is not None:
        return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="seconds")
    return str(value)
