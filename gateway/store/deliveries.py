"""Who has delivered what lately, read from the buffer: for the trial of a desired document. Only the writer thread calls it."""

import json
import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from contract.messages import APPLIED, REPORT
from contract.quality import USABLE
from gateway.store.evaluation_records import newest_id

_LOOKED_BACK_ROWS = 20_000
_AT_ONCE_ROWS = 2000


class Shown(NamedTuple):
    """A report (`usable`: with a value that may be used), or with `refused` a node's refusal of this settings version."""

    source: str
    settings_version: int
    usable: bool
    refused: bool = False


class _Body(msgspec.Struct):
    c: int = 0
    ch: list[list[int]] = []
    ok: bool = True


_BODY = msgspec.json.Decoder(_Body)


def delivering(connection: sqlite3.Connection, sources: Iterable[str], since_ms: int) -> dict[str, bool]:
    """Of these sources those with a report that arrived since then, and whether any had a usable value. Looks at the newest rows only."""
    rows = connection.execute(
        "SELECT node, kind, body FROM (SELECT node, kind, body, arrived_ms FROM items ORDER BY id DESC LIMIT ?) "
        "WHERE kind = ? AND arrived_ms >= ? AND node IN (SELECT value FROM json_each(?))",
        (_LOOKED_BACK_ROWS, REPORT, since_ms, json.dumps(list(sources))),
    )
    found: dict[str, bool] = {}
    for node, kind, body in rows:
        if not found.get(node):
            shown = _maybe_shown(node, kind, body)
            found[node] = shown is not None and shown.usable
    return found


def shown_after(connection: sqlite3.Connection, id_: int, sources: Iterable[str]) -> tuple[list[Shown], int]:
    """What these sources delivered after the item of this id, and the id to go on from."""
    newest = newest_id(connection)
    rows = connection.execute(
        "SELECT id, node, kind, body FROM items WHERE id > ? AND kind IN (?, ?) AND node IN (SELECT value FROM json_each(?)) "
        "ORDER BY id LIMIT ?",
        (id_, REPORT, APPLIED, json.dumps(list(sources)), _AT_ONCE_ROWS),
    ).fetchall()
    whole = len(rows) < _AT_ONCE_ROWS
    return [shown for row in rows if (shown := _maybe_shown(*row[1:]))], newest if whole else rows[-1][0]


def _maybe_shown(node: str, kind: str, body: bytes) -> Shown | None:
    """None for what the card has changed since: it proves nothing."""
    try:
        fields = _BODY.decode(body)
    except msgspec.DecodeError:
        return None
    return Shown(node, fields.c, any(row[2] in USABLE for row in fields.ch), kind == APPLIED and not fields.ok)
