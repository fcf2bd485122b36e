"""Who has delivered what lately, read from the buffer: for the trial of a desired document. Only the writer thread calls it."""

import json
import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from contract.messages import APPLIED, REPORT
from contract.quality import USABLE
from gateway.store.items.rows import newest_id

_LOOKED_BACK_ROWS = 20_000
_AT_ONCE_ROWS = 2000


class Shown(NamedTuple):
    """A report, or with `refused` a node's refusal of this settings version. `usable`: by slot whether it has a value that may be used.

    `start_ms`: where the node knew when its period began, UTC.
    """

    node: str
    settings_version: int
    usable: dict[int, bool]
    refused: bool = False
    start_ms: int | None = None


class _Body(msgspec.Struct):
    c: int = 0
    ch: list[list[int]] = []
    ok: bool = True


_BODY = msgspec.json.Decoder(_Body)


def delivering(connection: sqlite3.Connection, nodes: Iterable[str], since_ms: int) -> dict[str, dict[int, bool]]:
    """Of these nodes those with a report that arrived since then: by slot whether any had a usable value. Looks at the newest rows only."""
    rows = connection.execute(
        "SELECT node, kind, body, utc_ms FROM (SELECT node, kind, body, utc_ms, arrived_ms FROM items ORDER BY id DESC LIMIT ?) "
        "WHERE kind = ? AND arrived_ms >= ? AND node IN (SELECT value FROM json_each(?))",
        (_LOOKED_BACK_ROWS, REPORT, since_ms, json.dumps(list(nodes))),
    )
    found: dict[str, dict[int, bool]] = {}
    for row in rows:
        slots = found.setdefault(row[0], {})
        shown = _maybe_shown(*row)
        for slot, usable in shown.usable.items() if shown else ():
            slots[slot] = slots.get(slot, False) or usable
    return found


def shown_after(connection: sqlite3.Connection, id_: int, nodes: Iterable[str]) -> tuple[list[Shown], int]:
    """What these nodes delivered after the item of this id, and the id to go on from."""
    newest = newest_id(connection)
    rows = connection.execute(
        "SELECT id, node, kind, body, utc_ms FROM items WHERE id > ? AND kind IN (?, ?) AND node IN (SELECT value FROM json_each(?)) "
        "ORDER BY id LIMIT ?",
        (id_, REPORT, APPLIED, json.dumps(list(nodes)), _AT_ONCE_ROWS),
    ).fetchall()
    whole = len(rows) < _AT_ONCE_ROWS
    return [shown for row in rows if (shown := _maybe_shown(*row[1:]))], newest if whole else rows[-1][0]


def _maybe_shown(node: str, kind: str, body: bytes, start_ms: int | None) -> Shown | None:
    """None for what the card has changed since: it proves nothing."""
    try:
        fields = _BODY.decode(body)
    except msgspec.DecodeError:
        return None
    usable: dict[int, bool] = {}
    for slot, _, quality, *_rest in fields.ch:
        usable[slot] = usable.get(slot, False) or quality in USABLE
    return Shown(node, fields.c, usable, kind == APPLIED and not fields.ok, start_ms)
