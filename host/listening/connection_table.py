"""The connections of one listening port: who may come in, and who has to go. Pure; the time is handed in, in s.

A connection is in one of five stages:

    opened -> FIRST -heard-> HEAD -headed-> BODY -asked-> UNDER_WAY -answered-> IDLE -heard-> HEAD ...

FIRST, HEAD, BODY and IDLE have a limit of time each; a request under way has none, because how long an answer takes is the service's own
affair (a long poll). When all places are taken, one is closed for the new one, in this order: the unknown connection without a request
under way that has been silent for longest; the unknown one that has not taken its answer for longest; the known one without a request under
way that has been silent for longest. So a client that sends its request at once gets in, however many are silent. At the limit of an
address the same is done among the connections of that address, where there are only unknown ones: a connection whose client is
authenticated (`known`) does not count for its address.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from host.listening.limits import ADDRESS_MADE_ROOM, BY_ADDRESS, FULL, HALF_REQUEST, IDLE, MADE_ROOM, NOT_TAKEN, SILENT, Limits

_FIRST, _HEAD, _BODY, _UNDER_WAY, _IDLE = range(5)
_REASONS = {_FIRST: SILENT, _HEAD: HALF_REQUEST, _BODY: HALF_REQUEST, _IDLE: IDLE}


class Admission(NamedTuple):
    """`refused`: why the new one is not let in. `closed`: the key of one that is to be closed for it."""

    refused: str | None = None
    closed: int | None = None


class _Entry:
    __slots__ = ("address", "client", "stage")

    def __init__(self, address: str) -> None:
        self.address = address
        self.client: str | None = None  # None: unknown
        self.stage = _FIRST


class _Unknown:
    """The unknown connections of one address, and which of them can be closed for another: without a request under way, the longest silent
    first; then those that do not take their answer, the longest blocked first."""

    __slots__ = ("blocked", "count", "quiet")

    def __init__(self) -> None:
        self.count = 0
        self.quiet: dict[int, None] = {}
        self.blocked: dict[int, None] = {}


class ConnectionTable:
    """Keys are the caller's, each used once. A key that is not there any more is ignored: its connection is closing.

    `counts`: by reason (limits.py), since the start.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._entries: dict[int, _Entry] = {}
        self._addresses: dict[str, _Unknown] = {}
        self._clients: Counter[str] = Counter()
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
        """`address`: as `addresses.counted_address` gives it."""
        closed = None
        unknown = self._addresses.get(address)
        if unknown and unknown.count >= self._limits.by_address:
            closed = next(chain(unknown.quiet, unknown.blocked), None)
            reason, refusal = ADDRESS_MADE_ROOM, BY_ADDRESS
        elif len(self._entries) >= self._limits.total:
            closed = next(chain(self._quiet, self._unknown_blocked(), self._known_quiet), None)
            reason, refusal = MADE_ROOM, FULL
        else:
            return self._admit(key, address, now_s)
        if closed is None:
            self.counts[refusal] += 1
            return Admission(refused=refusal)
        self.counts[reason] += 1
        self.close(closed)
        return self._admit(key, address, now_s)._replace(closed=closed)

    def heard(self, key: int, now_s: float) -> None:
        """Bytes came."""
        entry = self._entries.get(key)
        if entry is None or entry.stage == _UNDER_WAY:
            return
        self._to_end(key, entry)
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

    def known(self, key: int, client: str) -> None:
        """The client has been authenticated. Beyond the limit of connections of one client this one stays unknown."""
        entry = self._entries.get(key)
        if entry is None or entry.client is not None or self._clients[client] >= self._limits.by_client:
            return
        was_quiet = key in self._quiet
        self._leave_address(key, entry)
        entry.client = client
        self._clients[client] += 1
        if was_quiet:
            self._to_end(key, entry)

    def blocked(self, key: int, now_s: float) -> None:
        """More of an answer waits for the client than the buffer should hold."""
        entry = self._entries.get(key)
        if entry is None:
            return
        self._blocked.setdefault(key, now_s)
        if entry.client is None:
            self._addresses[entry.address].blocked[key] = None

    def flowing(self, key: int) -> None:
        entry = self._entries.get(key)
        self._blocked.pop(key, None)
        if entry and entry.client is None:
            self._addresses[entry.address].blocked.pop(key, None)

    def close(self, key: int) -> None:
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        del self._stages[entry.stage][key]
        self._blocked.pop(key, None)
        if entry.client is None:
            self._leave_address(key, entry)
            return
        self._known_quiet.pop(key, None)
        self._clients[entry.client] -= 1
        if not self._clients[entry.client]:
            del self._clients[entry.client]

    def pop_overdue(self, now_s: float) -> list[int]:
        """Keys of those that are to be closed now; they are no longer in the table."""
        overdue = self._overdue(self._blocked, self._limits.not_taken_s, NOT_TAKEN, now_s)
        for stage, reason in _REASONS.items():
            overdue += self._overdue(self._stages[stage], self._stage_limits_s[stage], reason, now_s)
        return overdue

    def _unknown_blocked(self) -> Iterator[int]:
        return (key for key in self._blocked if self._entries[key].client is None)

    def _overdue(self, since_s: dict[int, float], limit_s: float, reason: str, now_s: float) -> list[int]:
        found = []
        while since_s and now_s - since_s[key := next(iter(since_s))] >= limit_s:
            found.append(key)
            self.counts[reason] += 1
            self.close(key)
        return found

    def _admit(self, key: int, address: str, now_s: float) -> Admission:
        self._entries[key] = entry = _Entry(address)
        self._addresses.setdefault(address, _Unknown()).count += 1
        self._stages[_FIRST][key] = now_s
        self._to_end(key, entry)
        return Admission()

    def _move(self, key: int, stage: int, now_s: float) -> None:
        entry = self._entries.get(key)
        if entry is None or entry.stage == stage:
            return
        self._enter(key, entry, stage, now_s)
        for quiet in self._quiet_of(entry):
            quiet.pop(key, None)
        if stage != _UNDER_WAY:
            self._to_end(key, entry)

    def _enter(self, key: int, entry: _Entry, stage: int, now_s: float) -> None:
        del self._stages[entry.stage][key]
        self._stages[stage][key] = now_s
        entry.stage = stage

    def _to_end(self, key: int, entry: _Entry) -> None:
        """It has been silent for the shortest time of all."""
        for quiet in self._quiet_of(entry):
            quiet.pop(key, None)
            quiet[key] = None

    def _quiet_of(self, entry: _Entry) -> tuple[dict[int, None], ...]:
        return (self._quiet, self._addresses[entry.address].quiet) if entry.client is None else (self._known_quiet,)

    def _leave_address(self, key: int, entry: _Entry) -> None:
        unknown = self._addresses[entry.address]
        for connections in (self._quiet, unknown.quiet, unknown.blocked):
            connections.pop(key, None)
        unknown.count -= 1
        if not unknown.count:
            del self._addresses[entry.address]
