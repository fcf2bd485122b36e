"""The table of figures in docs/performance.md: a row a figure, with its status, its date and its commit. Pure.

| figure | value | unit | reference | ratio | target | status | date | commit |

A row that was not measured now is kept as the document has it, so that a part can be measured in a fresh checkout.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from hil_tests.bench.definitions import Definition
from hil_tests.bench.figures import Measured
from hil_tests.bench.targets import MET, MISSED, status

BEGIN = "<!-- figures: written by make bench -->"
END = "<!-- end of figures -->"
MEANINGS_BEGIN = "<!-- meanings: written by make bench -->"
MEANINGS_END = "<!-- end of meanings -->"
_HEAD = ("figure", "value", "unit", "reference", "ratio", "target", "status", "date", "commit")
_ALIGNED = ("---", "---:", "---", "---:", "---:", "---", "---", "---", "---")
_DIGITS = 5  # more say nothing, on any machine
_RATIO_DIGITS = 3


class Row(NamedTuple):
    """As the document shows it; numbers are text."""

    name: str
    value: str
    unit: str
    reference: str
    ratio: str
    target: str
    status: str
    date: str
    commit: str

    def line(self) -> str:
        return _line((f"`{self.name}`", *self[1:]))


def row(measured: Measured, definition: Definition, date: str, commit: str) -> Row:
    target = "" if definition.target is None else str(definition.target)
    reached = status(measured, definition.target)
    numbers = _number(measured.value), definition.unit, _number(measured.reference), _number(measured.ratio, _RATIO_DIGITS)
    return Row(measured.name, *numbers, target, reached, date, commit)


def read(document: str) -> dict[str, Row]:
    """The rows between the two marks, by name; ValueError when the table has other columns."""
    found = {}
    for line in _between(document, BEGIN, END).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != len(_HEAD):
            raise ValueError(f"a row of {len(cells)} cells, not {len(_HEAD)}: {line}")
        if named := re.fullmatch(r"`(\S+)`", cells[0]):
            found[named[1]] = Row(named[1], *cells[1:])
    return found


def merge(kept: Mapping[str, Row], measured: Iterable[Row], definitions: Mapping[str, Definition]) -> list[Row]:
    """What was measured now, and of the rest what the document has, sorted by name. A row whose figure is defined no longer goes."""
    rows = {**kept, **{new.name: new for new in measured}}
    return [rows[name] for name in sorted(rows) if name in definitions]


def regressions(before: Mapping[str, Row], measured: Iterable[Row]) -> list[str]:
    """Names of figures that were met in the committed table and are missed now."""
    return [new.name for new in measured if new.status == MISSED and new.name in before and before[new.name].status == MET]


def with_rows(document: str, rows: Iterable[Row]) -> str:
    return _replaced(document, BEGIN, END, [_line(_HEAD), _line(_ALIGNED), *(each.line() for each in rows)])


def with_meanings(document: str, definitions: Iterable[Definition]) -> str:
    """The document with the table of what each figure means, in the order of the definitions: a text may point to the one above."""
    head = [_line(("figure", "what is measured", "reference")), _line(("---", "---", "---"))]
    lines = [_line((f"`{each.name}`", each.text, each.reference)) for each in definitions]
    return _replaced(document, MEANINGS_BEGIN, MEANINGS_END, head + lines)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _number(value: float | None, digits: int = _DIGITS) -> str:
    return "" if value is None else f"{float(f'{value:.{digits}g}'):.10g}"


def _between(document: str, begin: str, end: str) -> str:
    return document.split(begin)[1].split(end)[0].strip()


def _replaced(document: str, begin: str, end: str, lines: list[str]) -> str:
    before, rest = document.split(begin)
    _, after = rest.split(end)
    return "\n".join([before + begin, *lines, end]) + after
