"""The data of one series: steps of equal length on a grid, sorted by time, each with the sums of what fell into it. Bounded.

Sums are commutative, so a late or disordered report lands where it would have landed in order.
"""

from bisect import bisect_left
from collections import deque

from air.rules.measures import NOTHING, Part, Sums

_TRIM = 64  # steps that have gone out of sight are dropped this many at once


class Cell:
    """`end_ms`: the latest end of a period in it."""

    __slots__ = ("end_ms", "high", "low", "sums")

    def __init__(self, part: Part, end_ms: int) -> None:
        self.sums, self.high, self.low = part
        self.end_ms = end_ms

    def add(self, part: Part, end_ms: int) -> None:
        self.sums = plus(self.sums, part.sums)
        self.high = max(self.high, part.high)
        self.low = min(self.low, part.low)
        self.end_ms = max(self.end_ms, end_ms)


class Cells:
    def __init__(self, step_ms: int) -> None:
        self.step_ms = step_ms
        self.indexes: list[int] = []
        self.cells: list[Cell] = []

    def place(self, part: Part, end_ms: int) -> int:
        """Adds it; answers the position of its cell. Positions from there on may have moved up by one."""
        index = end_ms // self.step_ms
        at = bisect_left(self.indexes, index)
        if at < len(self.indexes) and self.indexes[at] == index:
            self.cells[at].add(part, end_ms)
        else:
            self.indexes.insert(at, index)
            self.cells.insert(at, Cell(part, end_ms))
        return at

    def trim(self, before: int) -> int:
        """Drops the steps below that index, when there are enough of them; answers how many."""
        if len(self.indexes) <= _TRIM or self.indexes[_TRIM - 1] >= before:
            return 0
        count = bisect_left(self.indexes, before)
        del self.indexes[:count], self.cells[:count]
        return count


class Sliding:
    """A window over cells, from the position `first` to `last`; its end is the end of the last."""

    __slots__ = ("_highs", "_lows", "cells", "first", "last", "sums", "window_ms")

    def __init__(self, cells: Cells, window_ms: int, with_extremes: bool) -> None:
        self.cells = cells
        self.window_ms = window_ms
        self._highs: deque[tuple[int, int]] | None = deque() if with_extremes else None
        self._lows: deque[tuple[int, int]] = deque()
        self.first, self.last = 0, -1
        self.sums: Sums = NOTHING

    def move_to(self, last: int) -> None:
        """Afresh, to end with that position."""
        cells = self.cells.cells
        start_ms = cells[last].end_ms - self.window_ms
        first = last
        while first > 0 and cells[first - 1].end_ms > start_ms:
            first -= 1
        self.first, self.last, self.sums = first, first - 1, NOTHING
        self._lows.clear()
        if self._highs is not None:
            self._highs.clear()
        while self.last < last:
            self.advance()

    def advance(self) -> None:
        """By one cell."""
        self.last += 1
        self.grow(self.cells.cells[self.last].sums)

    def grow(self, sums: Sums) -> None:
        """By what was added to its last cell; what has become too old goes."""
        self.sums = plus(self.sums, sums)
        cells = self.cells.cells
        newest = cells[self.last]
        start_ms = newest.end_ms - self.window_ms
        while cells[self.first].end_ms <= start_ms:
            self.sums = minus(self.sums, cells[self.first].sums)
            self.first += 1
        if self._highs is not None:
            _push(self._highs, newest.end_ms, newest.high, start_ms)
            _push(self._lows, newest.end_ms, -newest.low, start_ms)

    def extremes(self) -> tuple[int, int]:
        """(highest, lowest), if they are kept; else zeros."""
        return (self._highs[0][1], -self._lows[0][1]) if self._highs else (0, 0)


def _push(falling: "deque[tuple[int, int]]", end_ms: int, value: int, start_ms: int) -> None:
    # The first is the greatest in the window; whatever is older and not greater than a newer one will never be it.
    while falling and falling[-1][1] <= value:
        falling.pop()
    falling.append((end_ms, value))
    while falling[0][0] <= start_ms:
        falling.popleft()


def plus(one: Sums, other: Sums) -> Sums:
    a, b, c, d, e, f, g, h = one
    i, j, k, m, n, o, p, q = other
    return a + i, b + j, c + k, d + m, e + n, f + o, g + p, h + q


def minus(one: Sums, other: Sums) -> Sums:
    a, b, c, d, e, f, g, h = one
    i, j, k, m, n, o, p, q = other
    return a - i, b - j, c - k, d - m, e - n, f - o, g - p, h - q
