"""Where in a file something is wrong, as people look it up: FILE:LINE:COLUMN. Pure."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from contract.faults import MISSING, Fault

_decoder = json.JSONDecoder()
_BLANK = " \t\n\r"


@dataclass(frozen=True, slots=True)
class FileFault:
    """line: from 1 on, 0 for the whole file. column: the name of a column, or the number of a character from 1 on; empty for the line."""

    file: str
    line: int
    column: str
    allowed: str
    value: Any = MISSING

    def as_fault(self) -> Fault:
        where = [self.file, *([str(self.line)] if self.line else []), *([self.column] if self.column else [])]
        return Fault((":".join(where),), self.allowed, self.value)


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Of a character, both from 1 on."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def offset_in_json(text: str, path: Sequence[str | int], start: int = 0) -> int:
    """Where the value at that path, below the value that begins at `start`, begins; of what is not there, where the nearest thing around it
    does."""
    at = _skip(text, start)
    for step in path:
        found = _entry(text, at, step) if isinstance(step, str) else next(islice(elements(text, at), step, None), None)
        if found is None:
            return at
        at = found
    return at


def elements(text: str, at: int) -> Iterator[int]:
    """Where each element of the list that begins there begins; none where there is no list."""
    if text[at] != "[":
        return
    at = _skip(text, at + 1)
    while text[at] != "]":
        yield at
        at = _skip(text, _decoder.raw_decode(text, at)[1])
        at = _skip(text, at + 1) if text[at] == "," else at


def _entry(text: str, at: int, key: str) -> int | None:
    if text[at] != "{":
        return None
    found = None  # of a key that is there twice the last one counts
    at = _skip(text, at + 1)
    while text[at] == '"':
        name, at = scanstring(text, at + 1)
        at = _skip(text, _skip(text, at) + 1)
        if name == key:
            found = at
        at = _skip(text, _decoder.raw_decode(text, at)[1])
        at = _skip(text, at + 1) if text[at] == "," else at
    return found


def _skip(text: str, at: int) -> int:
    while text[at : at + 1] and text[at] in _BLANK:
        at += 1
    return at
