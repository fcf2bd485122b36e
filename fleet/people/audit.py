"""Who changed what, when and why, and what it was before and after: written in the transaction of the change itself, and never changed.

The rows of a transaction become links of the chain (audit_chain.py) as the last thing before its commit: who has the end of the chain
waits for nothing more, so that two processes cannot wait for each other.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from operator import eq, ge, lt
from typing import Any, Literal

from sqlalchemy import Connection, event, insert, select, update

from fleet.people.audit_chain import FIRST, Break, Entry, Head, Kept, Personal, verify
from fleet.people.tables import change as change_table
from fleet.store.dialect import alone_until_commit

What = Literal[
    "area_added",
    "area_changed",
    "area_retired",
    "artifact_added",
    "document_overtaken",
    "documents_released",
    "enrolment_code_created",
    "gateway_added",
    "gateway_changed",
    "gateway_configured",
    "gateway_enrolled",
    "gateway_retired",
    "gateway_token_renewed",
    "gateway_token_revoked",
    "node_added",
    "node_hardware_replaced",
    "node_moved",
    "node_replaced",
    "node_retired",
    "record_restored",
    "settings_changed",
    "site_added",
    "site_changed",
    "site_retired",
    "token_created",
    "token_revoked",
]

# Kinds of who acts. token: a person or program with an admin token of that name. gateway: the gateway of that name. console: the command
# line of the service itself.
Actor = Literal["token", "gateway", "console"]
State = Mapping[str, Any]
# Of a reason, as its column has room.
REASON_CHARACTERS = 1000
_ROWS_AT_ONCE = 1000
_CHAIN_LOCK = 0x41554449


@dataclass(frozen=True, slots=True)
class Act:
    """An act of a person or program, now. who: the name of an admin token or of a gateway, or `console`, as `actor` says. address: from
    where, empty where that is not known."""

    who: str
    now_ms: int
    reason: str = ""
    actor: Actor = "token"
    address: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """actor: what kind of name `who` is. before, after: of what changed, key by key; null where there was, or is, nothing."""

    id: int
    at_ms: int
    actor: Actor
    who: str
    what: What
    subject: str
    reason: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes: None for any. from_ms <= at < to_ms. below: ids less than this."""

    who: str | None = None
    actor: str | None = None
    what: str | None = None
    subject: str | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    below: int | None = None


def record_change(connection: Connection, act: Act, what: What, subject: str, before: State | None, after: State | None) -> None:
    """before: None for what is new. after: None for what is gone."""
    personal = Personal(secrets.token_hex(16), act.who, act.address, act.reason)
    row = {"at_ms": act.now_ms, "actor": act.actor, "what": what, "subject": subject, "before": _written(before), "after": _written(after)}
    connection.execute(insert(change_table), {**row, **asdict(personal), "personal_sha256": personal.digest()})
    if not event.contains(connection, "commit", _link):
        event.listen(connection, "commit", _link)


def changes(connection: Connection, wanted: Wanted, limit: int) -> list[Change]:
    """The newest first."""
    table = change_table
    asked = (
        (table.c.who, eq, wanted.who),
        (table.c.actor, eq, wanted.actor),
        (table.c.what, eq, wanted.what),
        (table.c.subject, eq, wanted.subject),
        (table.c.at_ms, ge, wanted.from_ms),
        (table.c.at_ms, lt, wanted.to_ms),
        (table.c.id, lt, wanted.below),
    )
    conditions = [compare(column, value) for column, compare, value in asked if value is not None]
    query = select(table).where(*conditions).order_by(table.c.id.desc())
    return [_change(row) for row in connection.execute(query.limit(limit))]


def verify_chain(connection: Connection, known: Head | None = None) -> Head | Break:
    """known: a head that was noted earlier."""
    rows = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(select(change_table).order_by(change_table.c.link.nulls_last()))
    return verify(map(_kept, rows), known)


def _link(connection: Connection) -> None:
    # What has no link yet is of this transaction: of others nothing is seen before it has one.
    alone_until_commit(connection, _CHAIN_LOCK)
    newest = select(change_table.c.link, change_table.c.digest).where(change_table.c.link.is_not(None))
    last = connection.execute(newest.order_by(change_table.c.link.desc()).limit(1)).first()
    head = Head(last.link, last.digest) if last else Head(0, FIRST)
    for row in connection.execute(select(change_table).where(change_table.c.link.is_(None)).order_by(change_table.c.id)).all():
        link = head.link + 1
        head = Head(link, _entry(row, link).digest(head.digest))
        of_row = change_table.c.id == row.id
        connection.execute(update(change_table).where(of_row).values(link=head.link, digest=head.digest))


def _kept(row: Any) -> Kept:
    personal = None if row.salt is None else Personal(row.salt, row.who, row.address, row.reason)
    return Kept(_entry(row, row.link or 0), row.digest or "", personal)


def _entry(row: Any, link: int) -> Entry:
    return Entry(link, row.at_ms, row.actor, row.what, row.subject, row.before, row.after, row.personal_sha256)


def _change(row: Any) -> Change:
    return Change(row.id, row.at_ms, row.actor, row.who, row.what, row.subject, row.reason, _read(row.before), _read(row.after))


def _written(state: State | None) -> str | None:
    return None if state is None else json.dumps(dict(state), ensure_ascii=False)


def _read(text: str | None) -> dict[str, Any] | None:
    return None if text is None else dict(json.loads(text))
