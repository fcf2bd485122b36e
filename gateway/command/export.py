"""What the commands `inspect` and `export` print, and how far a long one has come. What is read stands in gateway/store."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO

import typer
from rich.box import SIMPLE_HEAD
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
    if moment.tzinfo is None:
        raise typer.BadParameter(f"{text!r} has no offset: of UTC it is {moment.isoformat(timespec='seconds')}Z")
    return int(moment.timestamp() * 1000)


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


@dataclass
class Written:
    """What an export has written: how many lines, and of what time (UTC, ISO 8601)."""

    lines: int = 0
    first_utc: str = ""
    last_utc: str = ""

    def seen(self, lines: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for line in lines:
            if line["start_utc"]:
                self.first_utc = min(self.first_utc or line["start_utc"], line["start_utc"])
                self.last_utc = max(self.last_utc, line["start_utc"])
            yield line

    def text(self, out: Path | None) -> str:
        span = f", from {self.first_utc} to {self.last_utc}" if self.first_utc else ""
        return f"{self.lines} lines{span}, to {out or 'standard output'}"


def export_to(out: Path | None, as_: Format, state: Path, limits: Limits, wanted: ExportFilter) -> Written:
    """Raises StoreError, OSError."""
    written = Written()
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("export", total=None)
        found = written.seen(lines(state, limits, wanted, lambda reached, last: bar.update(task, completed=reached, total=last)))
        write = write_csv if as_ is Format.CSV else write_ndjson
        if out is None:
            written.lines = write(found, sys.stdout)
        else:
            with only_when_whole(out) as file:
                written.lines = write(found, file)
    return written


@contextmanager
def only_when_whole(out: Path) -> Iterator[TextIO]:
    """What an export that fails, is stopped or finds nothing has written is not left as if it were one; a file from before stays."""
    if out.exists() and not out.is_file():  # a device or a pipe: nothing may be renamed over it
        with out.open("w", encoding="utf-8") as file:
            yield file
        return
    target = out.resolve()
    beside = target.with_name(f"{target.name}.part")
    try:
        with beside.open("w", encoding="utf-8") as file:
            yield file
        if beside.stat().st_size:
            beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def print_inspection(shown: dict[str, Any]) -> None:
    console = Console()
    console.print(shown["file"], markup=False)
    console.print(", ".join(f"{name} {value}" for name, value in shown["sizes"].items()))
    for title in ("lanes", "nodes", "lost", "refused"):
        console.print(_table(title, shown[title]))
    for gap in shown["gaps"][:20]:
        console.print(f"  {gap['node']} {gap['boot']} {gap['from']}-{gap['to']}: {gap['why']}", markup=False)


def _table(title: str, rows: dict[str, dict[str, Any]]) -> Table | str:
    """In 80 columns: moments are never cut."""
    if not rows:
        return f"{title}: none"
    columns = list(next(iter(rows.values()), {}))
    table = Table(title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in columns:
        is_moment = column.endswith("_ms")
        table.add_column(f"{column.removesuffix('_ms')} (UTC)" if is_moment else column, no_wrap=is_moment, overflow="fold")
    for name, row in rows.items():
        table.add_row(name, *(_shown(column, row[column]) for column in columns))
    return table


def _shown(column: str, value: Any) -> str:
    return _utc(value) if column.endswith("_ms") and value is not None else str(value)


def _utc(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
