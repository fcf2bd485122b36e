"""The connections of one listening port: who may come in, and who has to go. Pure; the time is handed in, in s.

A connection is in one of five stages:

    opened -> FIRST -heard-> HEAD -headed-> BODY -asked-> UNDER_WAY -answered-> IDLE -heard-> HEAD ...

FIRST, HEAD, BODY and IDLE have a limit of time each; a request under way has none, because how long an answer takes is the service's own
affair (a long poll). When all places are taken, the one that has been silent for longest and has no request under way is closed for the
new one: whoever speaks at once gets in, however many say nothing. One that has shown who it is (`known`) goes only when no other is left.
Of requests under way only that of a stranger who does not take his answer is closed for another.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from host.listening.limits import BY_ADDRESS, FULL, HALF_REQUEST, IDLE, MADE_ROOM, NOT_TAKEN, SILENT, Limits

_FIRST, _HEAD, _BODY, _UNDER_WAY, _IDLE = range(5)
_REASONS = {_FIRST: SILENT, _HEAD: HALF_REQUEST, _BODY: HALF_REQUEST, _IDLE: IDLE}


class Admission(NamedTuple):
    """`refused`: why the new one is not let in. `closed`: the key of one that is to be closed for it."""

    refused: str | None = None
    closed: int | None = None


class _Entry:
    __slots__ = ("address", "known", "stage")

    def __init__(self, address: str) -> None:
        self.address = address
        self.known = False
        self.stage = _FIRST


class ConnectionTable:
    """Keys are the caller's, each used once. A key that is not there any more is ignored: its connection is closing.

    `counts`: by reason (limits.py), since the start.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._entries: dict[int, _Entry] = {}
        self._addresses: Counter[str] = Counter()
        # Each with the moment it came in; time goes on, so the first is the oldest.
        self._stages: dict[int, dict[int, float]] = {stage: {} for stage in range(5)}
        self._blocked: dict[int, float] = {}
        # Without a request under way, the longest silent first.
        self._quiet: dict[int, None] = {}
        self._known_quiet: dict[int, None] = {}
        self._stage_limits_s = {_FIRST: limits.first_s, _HEAD: limits.head_s, _BODY: limits.body_s, _IDLE: limits.idle_s}
        self.counts: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._entries)

    def open(self, key: int, address: str, now_s: float) -> Admission:
        """`address`: as `limits.counted_address` gives it."""
        if self._addresses[address] >= self._limits.by_address:
            return self._refuse(BY_ADDRESS)
        closed = None
        if len(self._entries) >= self._limits.total:
            closed = next(chain(self._quiet, self._known_quiet, self._strangers_blocked()), None)
            if closed is None:
                return self._refuse(FULL)
            self.counts[MADE_ROOM] += 1
            self.close(closed)
        self._entries[key] = _Entry(address)
        self._addresses[address] += 1
        self._stages[_FIRST][key] = now_s
        self._quiet[key] = None
        return Admission(closed=closed)

    def heard(self, key: int, now_s: float) -> None:
        """Bytes came."""
        entry = self._entries.get(key)
        if entry is None or entry.stage == _UNDER_WAY:
            return
        quiet = self._known_quiet if entry.known else self._quiet
        quiet[key] = quiet.pop(key)
        if entry.stage in (_FIRST, _IDLE):
            self._enter(key, entry, _HEAD, now_s)

    def headed(self, key: int, now_s: float) -> None:
        """The headers of a request are complete, its body is not."""
        self._move(key, _BODY, now_s)

    def asked(self, key: int, now_s: float) -> None:
        """A request is complete."""
        self._move(key, _UNDER_WAY, now_s)

    def answered(self, key: int, now_s: float) -> None:
        self._move(key, _IDLE, now_s)

    def known(self, key: int) -> None:
        """Who is there has been found out, and may be."""
        entry = self._entries.get(key)
        if entry and not entry.known:
            entry.known = True
            if key in self._quiet:
                self._known_quiet[key] = self._quiet.pop(key)

    def blocked(self, key: int, now_s: float) -> None:
        """More of an answer waits for the client than the buffer should hold."""
        if key in self._entries:
            self._blocked.setdefault(key, now_s)

    def flowing(self, key: int) -> None:
        self._blocked.pop(key, None)

    def close(self, key: int) -> None:
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        del self._stages[entry.stage][key]
        self._quiet.pop(key, None)
        self._known_quiet.pop(key, None)
        self._blocked.pop(key, None)
        self._addresses[entry.address] -= 1
        if not self._addresses[entry.address]:
            del self._addresses[entry.address]

    def pop_overdue(self, now_s: float) -> list[int]:
        """Keys of those that are to be closed now; they are no longer in the table."""
        overdue = self._overdue(self._blocked, self._limits.not_taken_s, NOT_TAKEN, now_s)
        for stage, reason in _REASONS.items():
            overdue += self._overdue(self._stages[stage], self._stage_limits_s[stage], reason, now_s)
        return overdue

    def _strangers_blocked(self) -> Iterator[int]:
        return (key for key in self._blocked if not self._entries[key].known)

    def _overdue(self, since_s: dict[int, float], limit_s: float, reason: str, now_s: float) -> list[int]:
        found = []
        while since_s and now_s - since_s[key := next(iter(since_s))] >= limit_s:
            found.append(key)
            self.counts[reason] += 1
            self.close(key)
        return found

    def _refuse(self, reason: str) -> Admission:
        self.counts[reason] += 1
        return Admission(refused=reason)

    def _move(self, key: int, stage: int, now_s: float) -> None:
        entry = self._entries.get(key)
        if entry is None or entry.stage == stage:
            return
        self._enter(key, entry, stage, now_s)
        quiet = self._known_quiet if entry.known else self._quiet
        quiet.pop(key, None)
        if stage != _UNDER_WAY:
            quiet[key] = None

    def _enter(self, key: int, entry: _Entry, stage: int, now_s: float) -> None:
        del self._stages[entry.stage][key]
        self._stages[stage][key] = now_s
        entry.stage = stage
