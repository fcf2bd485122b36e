"""The clocks of boots (dating.py) with their rows in the buffer. Only the writer thread touches it."""

import sqlite3
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby
from operator import attrgetter

from gateway.items import Row
from gateway.store.site.dating import Anchor, BootClock, Dated, Limits, claims_the_impossible, date
from gateway.time.site_clock import UNSURE_ERROR_MS

_IN_MEMORY = 4096
_KEPT_ROWS = 10_000
_COLUMNS = "anchor_uptime_ms, anchor_offset_ms, anchor_error_ms, latest_offset_ms, not_before_ms, last_uptime_ms"


class BootClocks:
    def __init__(self, connection: sqlite3.Connection, limits: Limits) -> None:
        self._connection = connection
        self._limits = limits
        self._clocks: OrderedDict[tuple[str, str], BootClock] = OrderedDict()
        self._unsaved: dict[tuple[str, str], BootClock] = {}

    def learn(self, rows: Iterable[Row]) -> int:
        """Returns how many of them claim a time that cannot be."""
        impossible = 0
        for (node, boot), of_boot in groupby(rows, key=attrgetter("node", "boot")):
            clock = self._get(node, boot)
            for row in of_boot:
                if row.utc_ms is not None:
                    impossible += claims_the_impossible(row, self._limits)
                if clock.learn(row, self._limits):
                    self._unsaved[node, boot] = clock
        return impossible

    def save(self) -> None:
        """Inside the caller's transaction; `saved` after it has been committed."""
        if self._unsaved:
            self._connection.executemany(
                f"INSERT INTO boots (node, boot, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (node, boot) DO UPDATE SET "
                "anchor_uptime_ms = excluded.anchor_uptime_ms, anchor_offset_ms = excluded.anchor_offset_ms, "
                "anchor_error_ms = excluded.anchor_error_ms, latest_offset_ms = excluded.latest_offset_ms, "
                "not_before_ms = excluded.not_before_ms, last_uptime_ms = excluded.last_uptime_ms",
                [_values(clock) for clock in self._unsaved.values()],
            )

    def saved(self) -> None:
        self._unsaved.clear()

    def assume(self, clock_error_ms: int) -> None:
        """How well this machine knows the time from now on."""
        self._limits = replace(self._limits, clock_error_ms=clock_error_ms)

    @property
    def clock_error_ms(self) -> int:
        return self._limits.clock_error_ms

    def date(self, row: Row, *, unsure: bool = False) -> Dated:
        """`unsure`: it arrived while the time was not known."""
        limits = replace(self._limits, clock_error_ms=UNSURE_ERROR_MS) if unsure else self._limits
        return date(row, self._get(row.node, row.boot), limits)

    def unreported_anchors(self, limit: int) -> list[tuple[str, str, int, int]]:
        """(node, boot, offset_ms, error_ms) not reported to the fleet yet, or not as well; the error holds for the boot until now."""
        farthest_ms = "max(anchor_uptime_ms, last_uptime_ms - anchor_uptime_ms)"
        error_ms = f"(anchor_error_ms + ({farthest_ms} * {self._limits.drift_ppm} + 999999) / 1000000)"
        return self._connection.execute(
            f"SELECT node, boot, anchor_offset_ms, {error_ms} FROM boots WHERE anchor_offset_ms IS NOT NULL "
            f"AND (told_error_ms IS NULL OR told_error_ms > {error_ms}) LIMIT ?",
            (limit,),
        ).fetchall()

    def anchors_reported(self, anchors: list[tuple[str, str, int, int]]) -> None:
        self._connection.executemany(
            "UPDATE boots SET told_error_ms = ? WHERE node = ? AND boot = ?", [(error, node, boot) for node, boot, _, error in anchors]
        )

    def prune(self) -> None:
        """A boot forgotten dates its remaining items by bounds: wider, not wrong."""
        self._connection.execute("DELETE FROM boots WHERE rowid <= (SELECT max(rowid) FROM boots) - ?", (_KEPT_ROWS,))

    def _get(self, node: str, boot: str) -> BootClock:
        key = (node, boot)
        clock = self._clocks.get(key)
        if clock is None:
            clock = self._unsaved.get(key) or self._load(node, boot) or BootClock(node, boot, not_before_ms=self._end_before(node, boot))
            self._clocks[key] = clock
            if len(self._clocks) > _IN_MEMORY:
                self._clocks.popitem(last=False)
        return clock

    def _load(self, node: str, boot: str) -> BootClock | None:
        found = self._connection.execute(f"SELECT {_COLUMNS} FROM boots WHERE node = ? AND boot = ?", (node, boot)).fetchone()
        return _clock(node, boot, *found) if found else None

    def _end_before(self, node: str, boot: str) -> int | None:
        # Boot ids begin with a counter, so the greatest smaller one is the boot before.
        known = [clock for clock in self._unsaved.values() if clock.node == node and clock.boot < boot]
        found = self._connection.execute(
            f"SELECT boot, {_COLUMNS} FROM boots WHERE node = ? AND boot < ? ORDER BY boot DESC LIMIT 1", (node, boot)
        ).fetchone()
        if found:
            known.append(self._clocks.get((node, found[0])) or _clock(node, *found))
        before = max(known, key=lambda clock: clock.boot, default=None)
        return before.earliest_end_ms(self._limits) if before else None


def _clock(
    node: str, boot: str, uptime: int | None, offset: int | None, error: int | None, latest: int | None, begin: int | None, last: int
) -> BootClock:
    known = uptime is not None and offset is not None and error is not None
    anchor = Anchor(uptime or 0, offset or 0, error or 0) if known else None
    return BootClock(node, boot, anchor, latest, begin, last)


def _values(clock: BootClock) -> tuple[str | int | None, ...]:
    anchor = clock.anchor
    known = (anchor.uptime_ms, anchor.offset_ms, anchor.error_ms) if anchor else (None, None, None)
    return (clock.node, clock.boot, *known, clock.latest_offset_ms, clock.not_before_ms, clock.last_uptime_ms)
