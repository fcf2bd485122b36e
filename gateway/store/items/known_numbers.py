"""Which numbers of which boot the buffer has accepted: duplicates are recognised by it, also when their rows are gone (ADR 0017).

Kept in memory, and in `origins` as of the item `taken_id`; what came after that one is read from its rows at the start. So a row may be
deleted only after `cover` has saved its number. Only the writer thread calls it.
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from gateway.items import Row
from gateway.store.database import Reserve, soft_transaction
from gateway.store.items.rows import newest_id
from gateway.store.items.sequence_ranges import SequenceRanges

_IN_MEMORY = 1024
_KEPT_BOOTS = 10_000
# Items between two savings: some hour of 40 nodes at 10 s. A start reads the rows of as many.
_SAVED_EVERY = 20_000
_STILL_GROWING = 1 << 62


@dataclass
class _Boot:
    origin: int
    numbers: SequenceRanges
    is_saved: bool


class Accepted(NamedTuple):
    """The rows that were not there before, the origin of each, and how many older numbers had to be forgotten for them."""

    fresh: Sequence[Row]
    origins: Sequence[int]
    forgotten: int


class KnownNumbers:
    def __init__(self, connection: sqlite3.Connection, reserve: Reserve) -> None:
        self._connection = connection
        self._reserve = reserve
        self._boots: OrderedDict[tuple[str, str], _Boot] = OrderedDict()
        self._taken_id = 0
        self._is_loaded = False
        self._load()

    def accept(self, rows: Sequence[Row]) -> Accepted:
        """Inside the transaction that stores them; when it fails, `rolled_back`."""
        if not self._is_loaded:
            self._load()
        fresh: list[Row] = []
        origins: list[int] = []
        forgotten = 0
        for (node, boot), of_boot in groupby(rows, key=attrgetter("node", "boot")):
            found = self._boot((node, boot))
            new = [row for row in of_boot if found.numbers.add(row.seq)]
            if new:
                found.is_saved = False
                fresh += new
                origins += [found.origin] * len(new)
                forgotten += found.numbers.pop_forgotten()
        return Accepted(fresh, origins, forgotten)

    def rolled_back(self) -> None:
        """What was accepted in a transaction that failed was not: it is read again from what is stored."""
        self._is_loaded = False

    def wants_saving(self, newest_id: int) -> bool:
        return newest_id - self._taken_id >= _SAVED_EVERY

    def save(self) -> None:
        """Inside the caller's transaction; `saved` after it has been committed."""
        newest = newest_id(self._connection)
        self._connection.executemany(
            "UPDATE origins SET taken = ?, last_id = ? WHERE id = ?",
            [(str(boot.numbers), newest, boot.origin) for boot in self._boots.values() if not boot.is_saved],
        )
        self._connection.execute("UPDATE origins SET last_id = ? WHERE last_id = ?", (newest, _STILL_GROWING))
        self._connection.execute("UPDATE reached SET taken_id = ?", (newest,))

    def saved(self) -> None:
        self._taken_id = self._connection.execute("SELECT taken_id FROM reached").fetchone()[0]
        for boot in self._boots.values():
            boot.is_saved = True

    def cover(self, id_: int) -> None:
        """Before rows up to this one are deleted: their numbers stay known. A transaction of its own, in the log before theirs."""
        if id_ > self._taken_id:
            self.save_now()

    def save_now(self) -> None:
        """In a soft transaction of its own. Nothing to save costs nothing."""
        if newest_id(self._connection) != self._taken_id:
            # Also when the file is full: nothing can be deleted before.
            with self._reserve.opened(), soft_transaction(self._connection):
                if not self._is_loaded:
                    self._load()
                self.save()
            self.saved()

    def prune(self, kept_boots: int = _KEPT_BOOTS) -> None:
        """Forgets boots of which no item is left, but for the newest."""
        gone = self._connection.execute(
            "SELECT id, node, boot FROM origins WHERE id <= (SELECT max(id) FROM origins) - ? AND last_id < (SELECT min(id) FROM stored)",
            (kept_boots,),
        ).fetchall()
        for origin, node, boot in gone:
            known = self._boots.get((node, boot))
            if known is None or known.is_saved:
                self._connection.execute("DELETE FROM origins WHERE id = ?", (origin,))
                self._boots.pop((node, boot), None)

    def _load(self) -> None:
        self._boots.clear()
        self._taken_id = self._connection.execute("SELECT taken_id FROM reached").fetchone()[0]
        newer = self._connection.execute(
            "SELECT node, boot, seq FROM stored CROSS JOIN origins ON origins.id = stored.origin WHERE stored.id > ? ORDER BY stored.id",
            (self._taken_id,),
        )
        for node, boot, seq in newer:
            found = self._boot((node, boot))
            found.is_saved = not found.numbers.add(seq) and found.is_saved
        self._is_loaded = True

    def _boot(self, key: tuple[str, str]) -> _Boot:
        found = self._boots.get(key)
        if found is None:
            origin = origin_of(self._connection, *key)
            text: str = self._connection.execute("SELECT taken FROM origins WHERE id = ?", (origin,)).fetchone()[0]
            found = self._boots[key] = _Boot(origin, SequenceRanges(text), is_saved=True)
            if len(self._boots) > _IN_MEMORY:
                self._save_evicted(self._boots.popitem(last=False)[1])
        else:
            self._boots.move_to_end(key)
        return found

    def _save_evicted(self, boot: _Boot) -> None:
        if not boot.is_saved:
            # Its newest rows came after the last saving, so it still grows: `prune` must not forget it.
            self._connection.execute(
                "UPDATE origins SET taken = ?, last_id = ? WHERE id = ?", (str(boot.numbers), _STILL_GROWING, boot.origin)
            )


def origin_of(connection: sqlite3.Connection, node: str, boot: str) -> int:
    """Inside the caller's transaction, before items of this boot are stored: one that is new gets its row."""
    found = connection.execute("SELECT id, last_id FROM origins WHERE node = ? AND boot = ?", (node, boot)).fetchone()
    if found is not None and found[1] != _STILL_GROWING:
        connection.execute("UPDATE origins SET last_id = ? WHERE id = ?", (_STILL_GROWING, found[0]))
    if found is None:
        found = connection.execute(
            "INSERT INTO origins (node, boot, taken, last_id) VALUES (?, ?, '[]', ?) RETURNING id", (node, boot, _STILL_GROWING)
        ).fetchone()
    origin: int = found[0]
    return origin
