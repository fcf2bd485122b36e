"""The lease of the background: one process holds it, renews it, and works; another takes it when it was not renewed for LEASE_MS.

A clock decides only when it may be taken. That nothing is done twice rests on the fence: it is raised with each holder, and each write of
the background looks at it within its own transaction. A holder that stood still, and does not know yet that another took over, writes
nothing.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from fleet.background.tables import lease as table
from fleet.errors import LeaseLostError
from fleet.store.dialect import insert_unless_present

NAME = "background"
LEASE_MS = 10_000
RENEW_EVERY_S = 2.5
_GIVEN_BACK = 0


@dataclass(frozen=True, slots=True)
class Lease:
    holder: str
    fence: int


@dataclass(frozen=True, slots=True)
class Found:
    """The row, as it was read. holder "": nobody has ever held it."""

    holder: str
    fence: int
    until_ms: int


class Candidate:
    """When a lease may be taken: at once when it was given back, when none was ever held, or where this process is the only one; else when
    its row has not changed for LEASE_MS of our own monotonic clock, so that clocks of two machines need not agree."""

    def __init__(self, alone: bool) -> None:
        self._alone = alone
        self._seen: Found | None = None
        self._since_ms = 0

    def may_take(self, found: Found, monotonic_ms: int) -> bool:
        if self._alone or found.until_ms == _GIVEN_BACK:
            return True
        if found != self._seen:
            self._seen, self._since_ms = found, monotonic_ms
        return monotonic_ms - self._since_ms >= LEASE_MS


def find(connection: Connection) -> Found:
    row = connection.execute(select(table).where(table.c.name == NAME)).first()
    return Found(row.holder, row.fence, row.until_ms) if row else Found("", 0, _GIVEN_BACK)


def take(connection: Connection, found: Found, holder: str, now_ms: int) -> Lease | None:
    """None where somebody else took or renewed it meanwhile."""
    insert_unless_present(connection, table, [{"name": NAME, "holder": "", "fence": 0, "until_ms": _GIVEN_BACK}])
    unchanged = table.c.name == NAME, table.c.fence == found.fence, table.c.until_ms == found.until_ms
    taken = update(table).where(*unchanged).values(holder=holder, fence=found.fence + 1, until_ms=now_ms + LEASE_MS)
    return Lease(holder, found.fence + 1) if connection.execute(taken).rowcount else None


def renew(connection: Connection, lease: Lease, now_ms: int) -> None:
    """The row changes with each renewal, also while a clock is set back. Raises LeaseLostError."""
    check(connection, lease)
    until_ms = max(now_ms + LEASE_MS, find(connection).until_ms + 1)
    connection.execute(update(table).where(table.c.name == NAME).values(until_ms=until_ms))


def give_back(connection: Connection, lease: Lease) -> None:
    ours = table.c.name == NAME, table.c.fence == lease.fence
    connection.execute(update(table).where(*ours).values(until_ms=_GIVEN_BACK))


def check(connection: Connection, lease: Lease) -> None:
    """Nobody takes it before this transaction ends. Raises LeaseLostError."""
    row = connection.execute(select(table.c.fence).where(table.c.name == NAME).with_for_update()).first()
    if row is None or row.fence != lease.fence:
        raise LeaseLostError(lease.holder, lease.fence)
