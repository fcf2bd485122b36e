"""CSV that people have edited: read with the line of every row and every fault, and written so that no spreadsheet computes what is in it.

UTF-8, with or without a mark at its beginning; else GB 18030, in which Excel writes CSV in China.
"""

import csv
import io
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from contract.faults import MISSING
from fleet.api.district.places_in_files import FileFault
from fleet.http.names import no_such

if TYPE_CHECKING:
    import _csv

MOST_ROWS = 20_000
MOST_CELL = 10_000
# What a spreadsheet would take for a formula; an apostrophe before it says that it is text.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


@dataclass(frozen=True, slots=True)
class Row:
    """line: its first one, from 1 on. cells: by column, those that are not empty."""

    line: int
    cells: Mapping[str, str]


def text_of(content: bytes) -> str | None:
    """None where it is neither UTF-8 nor GB 18030."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            pass
    return None


@dataclass
class Table:
    """unread: rows with a fault, as far as they could be read. is_read: whether there was a table at all."""

    rows: list[Row] = field(default_factory=list)
    unread: list[Row] = field(default_factory=list)
    faults: list[FileFault] = field(default_factory=list)
    is_read: bool = True


def read(file: str, content: bytes, columns: Collection[str], needed: Collection[str]) -> Table:
    """With all faults. needed: columns that must be there."""
    text = text_of(content)
    if text is None:
        return _none(FileFault(file, 0, "", "text in UTF-8 or GB 18030"))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        head = [name.strip() for name in next(reader, [])]
        faults = _faults_of_head(file, head, columns, needed)
        return _none(*faults) if faults else _read_rows(file, head, reader)
    except csv.Error as error:
        return _none(FileFault(file, reader.line_num, "", f"CSV, cells in double quotes closed again ({error})"))


def _none(*faults: FileFault) -> Table:
    return Table(faults=list(faults), is_read=False)


def _read_rows(file: str, head: Sequence[str], reader: "_csv.Reader") -> Table:
    table, last = Table(), reader.line_num
    for number, cells in enumerate(reader, 1):
        if number > MOST_ROWS:
            return _none(FileFault(file, last + 1, "", f"at most {MOST_ROWS} rows"))
        row = Row(last + 1, {name: _plain(cell) for name, cell in zip(head, cells) if cell.strip()})
        last = reader.line_num
        fault = _fault_of_row(file, row.line, head, cells)
        if fault:
            table.faults.append(fault)
            table.unread.append(row)
        elif row.cells:
            table.rows.append(row)
    return table


def write(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """With the mark of UTF-8, by which Excel knows it."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_guarded(value) for value in row] for row in rows)
    return "\ufeff" + stream.getvalue()


def _guarded(value: Any) -> Any:
    return "'" + value if isinstance(value, str) and _FORMULA.match(value) else value


def _plain(cell: str) -> str:
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _faults_of_head(file: str, head: Sequence[str], columns: Collection[str], needed: Collection[str]) -> list[FileFault]:
    if not any(head):
        return [FileFault(file, 1, "", "a first line with the names of the columns: " + ", ".join(columns))]
    if len(head) == 1 and head[0] not in columns:
        return [FileFault(file, 1, "", "names of columns with commas between them: " + ", ".join(columns), head[0])]
    faults = [FileFault(file, 1, name, no_such(name, columns, "column"), name) for name in head if name not in columns]
    faults += [FileFault(file, 1, name, "a column once", name) for name in sorted(set(head)) if head.count(name) > 1]
    return faults + [FileFault(file, 1, name, "a column of that name", MISSING) for name in needed if name not in head]


def _fault_of_row(file: str, line: int, head: Sequence[str], cells: Sequence[str]) -> FileFault | None:
    if not any(cells):
        return None
    if len(cells) != len(head):
        return FileFault(file, line, "", f"{len(head)} cells, as many as the first line has", len(cells))
    for name, cell in zip(head, cells):
        if len(cell) > MOST_CELL:
            return FileFault(file, line, name, f"at most {MOST_CELL} characters", cell[:20])
    return None
