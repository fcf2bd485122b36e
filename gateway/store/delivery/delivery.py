"""Does the fleet have this item? One object for all that is known of it. Only the writer thread calls it.

waiting        the fleet has not acknowledged it: it is in `waiting`, or newer than what that table covers
in flight      handed out by this process and not answered yet
may be there   in flight, or in a stretch that an earlier process had begun to send: not to be thinned
acknowledged   the fleet has it; marks are saved for many at once
lost           it will not be delivered: a gap says why
"""

import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from gateway.items import Row
from gateway.store.database import Reserve, soft_transaction
from gateway.store.delivery import losses
from gateway.store.delivery.acknowledged import Acknowledged
from gateway.store.delivery.batch import Gap
from gateway.store.delivery.in_flight import InFlight
from gateway.store.delivery.losses import Key
from gateway.store.delivery.sent_stretches import SentStretches
from gateway.store.lanes import LATE_LANE, REPORT_LANE, SUMMARY_LANE, URGENT_LANE

_COLUMNS = "items.id, node, boot, seq, kind, arrived_ms, uptime_ms, duration_ms, utc_ms, utc_error_ms, body"
_TABLED = f"SELECT {_COLUMNS} FROM waiting CROSS JOIN items ON items.id = waiting.id WHERE waiting.lane = ? AND waiting.id > ?"
_TABLED_UP_TO = f"{_TABLED} AND waiting.id <= ? ORDER BY waiting.id"
_NEWER_UP_TO = f"SELECT {_COLUMNS} FROM items WHERE lane = ? AND items.id > ? AND items.id <= ? ORDER BY items.id"


class LanePart(NamedTuple):
    """A stretch of a lane, by id; both ends of it are optional."""

    lane: int
    after_id: int = 0
    up_to_id: int = sys.maxsize
    newest_first: bool = False


IN_ORDER = (LanePart(URGENT_LANE), LanePart(REPORT_LANE), LanePart(SUMMARY_LANE), LanePart(LATE_LANE))


class Delivery:
    def __init__(self, connection: sqlite3.Connection, reserve: Reserve, in_flight: InFlight) -> None:
        self._connection = connection
        self._reserve = reserve
        self._in_flight = in_flight
        self._acknowledged = Acknowledged(connection, reserve)
        self._sent = SentStretches(connection, reserve)

    def waiting(self, part: LanePart, most_items: int) -> Iterator[tuple[Any, ...]]:
        """At least so many, if there are: the id and the values of a Row of each. A caller may stop early."""
        known = self._acknowledged
        queries = [
            (_TABLED_UP_TO, part.after_id, min(part.up_to_id, known.tabled_id)),
            (_NEWER_UP_TO, max(part.after_id, known.floor), part.up_to_id),
        ]
        order, most = " ASC LIMIT ?", most_items + known.scattered
        if part.newest_first:
            order = " DESC LIMIT ?"
            queries.reverse()
        for query, after_id, up_to_id in queries:
            found = self._connection.execute(query + order, (part.lane, after_id, up_to_id, most)).fetchall() if after_id < up_to_id else []
            yield from (row for row in found if row[0] not in known)

    def never_sent(self, lane: int, after_id: int = 0) -> Iterator[tuple[int, Row]]:
        """What waits by the tables and cannot be at the fleet, in order of arrival. `save_now` brings the tables up to date."""
        at: int | None = after_id
        while at is not None:
            found, at = self._connection.execute(f"{_TABLED} ORDER BY waiting.id", (lane, at)), None
            for id_, *values in found:
                if id_ in self._sent:
                    at = self._sent.end_of(id_)  # passed over as a whole: there may be many of them
                    break
                if id_ not in self._in_flight:
                    yield id_, Row(*values)

    def hand_out(self, lane: int, ids: Sequence[int]) -> None:
        """Before they leave for the fleet."""
        if lane != URGENT_LANE:  # these are never thinned
            self._sent.record(ids)
        self._in_flight.handed_out(ids)

    def acknowledge(self, ids: Sequence[int], counts: Mapping[str, int]) -> None:
        """The fleet has them. Saved for many at once: a kill takes it back, and they are sent once more."""
        self._acknowledged.add(ids, counts)
        if self._acknowledged.is_full:
            self._acknowledged.save_now()
        self._in_flight.answered(ids)

    @contextmanager
    def acknowledging(self, ids: Sequence[int], counts: Mapping[str, int]) -> Iterator[None]:
        """The same, saved in one soft transaction with what the caller writes; also when the file is full."""
        with self._reserve.opened(), soft_transaction(self._connection):
            self._acknowledged.save(ids, counts)
            yield
        self._acknowledged.saved()
        self._in_flight.answered(ids)

    def watch(self) -> None:
        """From now on `has_handed_out` knows what is handed out."""
        self._in_flight.watch()

    def has_handed_out(self, ids: Iterable[int]) -> bool:
        """Whether any of these has been handed out since `watch`, answered or not."""
        return self._in_flight.has_taken(ids)

    def stop_watching(self) -> None:
        self._in_flight.stop_watching()

    def forget_oldest_stretch(self) -> bool:
        """Of what an earlier process may have sent: better some of it counts twice than new items are lost. False: none is left."""
        return self._sent.forget_oldest_earlier()

    def record_gaps(self, keys: Iterable[Key], why: str, now_ms: int, *, reported: bool) -> None:
        """Inside the caller's transaction. `reported`: the fleet knows it already."""
        losses.record_gaps(self._connection, keys, why, now_ms, reported=reported)

    def unreported_gaps(self, limit: int) -> list[Gap]:
        return losses.unreported_gaps(self._connection, limit)

    def gaps_reported(self, gaps: list[Gap]) -> None:
        """Inside the caller's transaction."""
        losses.gaps_reported(self._connection, gaps)

    def set_aside(self, items: Iterable[tuple[str, str, int, str, str, int, bytes]]) -> int:
        """(node, boot, seq, kind, reason, at_ms, body), inside the caller's transaction: how many were not there yet."""
        return losses.set_aside_items(self._connection, items)

    @property
    def unsaved_counts(self) -> Mapping[str, int]:
        """By ledger counter: what the table of counters does not have yet."""
        return self._acknowledged.counts

    @property
    def times_taken_out(self) -> int:
        """How often a saving took items out of `waiting`."""
        return self._acknowledged.times_taken_out

    def wants_saving(self, newest_id: int) -> bool:
        return self._acknowledged.wants_saving(newest_id)

    def save(self) -> None:
        """Inside the caller's transaction; `saved` after it has been committed."""
        self._acknowledged.save()

    def saved(self) -> None:
        self._acknowledged.saved()

    def save_now(self) -> None:
        """In a soft transaction of its own, also when the file is full. Nothing to save costs nothing."""
        self._acknowledged.save_now()

    def becomes_due(self) -> None:
        """To be called now and then: marks are saved with the next arrivals, or now when none came since the last call."""
        self._acknowledged.becomes_due()

    def prune(self) -> None:
        """Forgets stretches of which nothing waits any more."""
        self._sent.prune()
