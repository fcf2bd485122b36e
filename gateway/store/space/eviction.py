"""Keeps the buffer, its log and the files set aside within the budget. What goes first: sent items, files set aside, minutes, hours.

Reports are never just dropped: they become summaries (thinning.py), and summaries longer ones. Events, hellos and answers of nodes are
never touched: when only they are left, the buffer is full, and commits fail until some are sent. Only the writer thread calls it.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import takewhile
from pathlib import Path

from gateway.store.counts import count
from gateway.store.database import soft_transaction
from gateway.store.delivery.backlog import oldest_id
from gateway.store.delivery.delivery import Delivery
from gateway.store.items.known_numbers import KnownNumbers
from gateway.store.items.rows import delete, newest_id
from gateway.store.lanes import LANES
from gateway.store.space.set_aside import delete_oldest_aside
from gateway.store.space.thinning import Thinning
from gateway.store.space.usage import used_bytes

_STEP_ROWS = 1000
# Of what is thinned a little: an hour of it is read while a minute of it comes in.
_LEAST_SLICE_ROWS = 50
_TIMES_AS_MANY = 8
_SUMMARY_BYTES = 800  # of a usual one, with its share of the indexes


class Eviction:
    def __init__(
        self, connection: sqlite3.Connection, path: Path, budget_bytes: int, thinning: Thinning, numbers: KnownNumbers, delivery: Delivery
    ) -> None:
        self._connection = connection
        self._path = path
        self.thinning = thinning
        self._numbers = numbers
        self._delivery = delivery
        self._searched_for = self._searched_id = 0
        # The hard limit is the file's max_page_count (database.py): 7/8 of the budget, the rest for the log.
        self._full_bytes = budget_bytes * 3 // 4
        self._pressing_bytes = budget_bytes * 11 // 16
        self._enough_bytes = budget_bytes * 5 // 8
        self._pressed = False

    def make_room(self, now_ms: int, coming: int = 0) -> dict[str, int]:
        """What was deleted and stored for it, by counter; nothing while the buffer is within its budget.

        Between `pressing` and `full` a small step for each call, in proportion to the reports that are `coming`, so that no commit
        waits long; when it is full all the same, at once what must be.
        """
        made: Counter[str] = Counter()
        used = self._used()
        while used >= self._full_bytes:
            step = self._step(now_ms)
            made.update(step or {})
            self._checkpoint()
            used = self._used()
            if not step:
                break
        self._pressed = used >= self._pressing_bytes or (self._pressed and used > self._enough_bytes)
        if self._pressed and not made:
            step = self._step(now_ms, max(_LEAST_SLICE_ROWS, _TIMES_AS_MANY * coming))
            made.update(step or {})
            if step:
                self._checkpoint()
        return dict(made)

    def _checkpoint(self) -> None:
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def expire(self, before_ms: int) -> int:
        """Deletes at most a thousand sent items that arrived before, of those that are older than all that waits. Returns how many."""
        return self._delete_sent(self._sent_before_all_that_waits(before_ms))

    def _sent_before_all_that_waits(self, before_ms: int) -> list[int]:
        first = min((oldest for lane in LANES if (oldest := oldest_id(self._connection, lane))), default=1 << 62)
        rows = self._connection.execute(
            "SELECT id, arrived_ms FROM stored WHERE id < ? AND id < (SELECT max(id) FROM stored) ORDER BY id LIMIT ?", (first, _STEP_ROWS)
        )
        return [id_ for id_, arrived_ms in takewhile(lambda row: row[1] < before_ms, rows)]

    def _sent_between(self) -> list[int]:
        """Sent items behind some that wait: looked for only when room is wanted, from where the last search ended."""
        if self._searched_for != self._delivery.times_taken_out:
            self._searched_for, self._searched_id = self._delivery.times_taken_out, 0
        found = self._connection.execute(
            "SELECT id FROM stored WHERE id > ? AND id < (SELECT max(id) FROM stored) AND NOT EXISTS "
            "(SELECT 1 FROM waiting WHERE waiting.lane = stored.lane AND waiting.id = stored.id) ORDER BY id LIMIT ?",
            (self._searched_id, _STEP_ROWS),
        ).fetchall()
        self._searched_id = found[-1][0] if found else newest_id(self._connection)
        return [id_ for (id_,) in found]

    def _delete_sent(self, ids: list[int]) -> int:
        if not ids:
            return 0
        self._numbers.cover(ids[-1])
        with soft_transaction(self._connection):
            # From the first to the last there is nothing else, or little: stretches cost the card less than single rows.
            delete(self._connection, ids)
            count(self._connection, {"items.expired": len(ids)})
        return len(ids)

    def _used(self) -> int:
        return used_bytes(self._connection, self._path)

    def _step(self, now_ms: int, slice_rows: int | None = None) -> dict[str, int] | None:
        """The first of these that makes room; empty when nothing does. With `slice_rows` a small one, None while it is not done."""
        self._delivery.save_now()
        if expired := self.expire(before_ms=1 << 62) or self._delete_sent(self._sent_between()):
            return {"items.expired": expired}
        if delete_oldest_aside(self._path):
            return {"store.aside_deleted": 1}
        thinning = self.thinning
        thin = thinning.thin_reports if slice_rows is None else partial(thinning.thin_a_little, most_rows=slice_rows)
        steps: list[Callable[[int], dict[str, int] | None]] = [thin, thinning.merge_summaries]
        if thinning.summaries_waiting() * _SUMMARY_BYTES > self._enough_bytes // 2:
            steps.reverse()
        if slice_rows is None:  # it is full: what else there is
            steps += [thinning.thin_what_may_have_been_sent, thinning.drop_summaries]
        for step in steps:
            made = step(now_ms)
            if made or made is None:
                return made
        return {}
