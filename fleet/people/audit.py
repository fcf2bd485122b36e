"""Who changed what, when and why, and what it was before and after: written in the transaction of the change itself, and never changed.

The rows that record_change wrote in a transaction become links of the chain (audit_chain.py) as the last thing before its commit: who has
the end of the chain waits for nothing more, so that two processes cannot wait for each other. A row of another program becomes none.
"""

import json
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from operator import eq, ge, lt
from typing import Any, Literal, get_args
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, event, false, insert, or_, select, update

from fleet.people.audit_chain import FIRST, Break, Entry, Head, Kept, Personal, Whole, verify
from fleet.people.tables import change as change_table
from fleet.store.dialect import alone_until_commit

What = Literal[
    "alarm_acknowledged",
    "alarm_assigned",
    "alarm_commented",
    "alarm_reopened",
    "alarm_resolved",
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
    "job_asked",
    "job_cancelled",
    "node_added",
    "node_hardware_replaced",
    "node_moved",
    "node_replaced",
    "node_retired",
    "photo_added",
    "photo_deleted",
    "record_restored",
    "sensor_added",
    "sensor_changed",
    "sensor_found",
    "sensor_history_changed",
    "sensor_identified",
    "sensor_placed",
    "sensor_removed",
    "sensor_retired",
    "sensor_swapped",
    "settings_changed",
    "site_added",
    "site_changed",
    "site_retired",
    "token_created",
    "token_revoked",
]

# Kinds of who acts. token: a person or program with an API token of that name. gateway: the gateway of that
# name. console: the command line of the service itself.
Actor = Literal["token", "gateway", "console"]
State = Mapping[str, Any]
# Kinds of subjects that their `what` does not begin with.
_KINDS: dict[What, str] = {
    "document_overtaken": "gateway",
    "documents_released": "district",
    "enrolment_code_created": "gateway",
    "record_restored": "district",
    "sensor_history_changed": "node",
    "sensor_placed": "node",
    "sensor_removed": "node",
    "sensor_swapped": "node",
    "settings_changed": "node",
}
# Of a reason, as its column has room.
REASON_CHARACTERS = 1000
# Of an address, as its column has room.
ADDRESS_CHARACTERS = 45
# That are read or linked by one statement.
ROWS_AT_ONCE = 1000
_CHAIN_LOCK = 0x41554449
# In the info of a connection: transaction -> ids of what it has written.
_WRITTEN = "changes"


@dataclass(frozen=True, slots=True)
class Act:
    """An act of a person or program, now. who: the name of an API token or of a gateway, or `console`, as `actor` says.
    address: from where, empty where that is not known."""

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


# Kind of a subject, as the word before the "_" of `what` says -> the names of those that are wanted.
Subjects = Mapping[str, Select[Any]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes: None for any. from_ms <= at < to_ms. below: ids less than this. subjects: of these things only."""

    who: str | None = None
    actor: str | None = None
    what: str | None = None
    subject: str | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    below: int | None = None
    subjects: "Subjects | None" = None


def record_change(connection: Connection, act: Act, what: What, subject: str, before: State | None, after: State | None) -> int:
    """The id of its row. before: None for what is new. after: None for what is gone."""
    personal = Personal(secrets.token_hex(16), act.who, act.address, act.reason)
    row = {"at_ms": act.now_ms, "actor": act.actor, "what": what, "subject": subject, "before": _written(before), "after": _written(after)}
    values = {**row, **asdict(personal), "personal_sha256": personal.digest()}
    id_ = int(connection.execute(insert(change_table).returning(change_table.c.id), values).scalar_one())
    _written_here(connection).add(id_)
    if not event.contains(connection, "commit", _link):
        event.listen(connection, "commit", _link)
    return id_


def changes_of(connection: Connection, ids: Collection[int]) -> dict[int, Change]:
    """By id, those that are kept."""
    return {row.id: _change(row) for row in connection.execute(select(change_table).where(change_table.c.id.in_(ids)))}


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
    if wanted.subjects is not None:
        conditions.append(_of_subjects(wanted.subjects))
    query = select(table).where(*conditions).order_by(table.c.id.desc())
    return [_change(row) for row in connection.execute(query.limit(limit))]


def _of_subjects(subjects: Subjects) -> ColumnElement[bool]:
    """Where no kind is known nothing is shown."""
    of_kind = {kind: [what for what in get_args(What) if kind_of_subject(what) == kind] for kind in subjects}
    within = [and_(change_table.c.what.in_(of_kind[kind]), change_table.c.subject.in_(names)) for kind, names in subjects.items()]
    return or_(false(), *within)


def kind_of_subject(what: What) -> str:
    return _KINDS.get(what, what.partition("_")[0])


def verify_chain(connection: Connection, known: Head | None = None) -> Whole | Break:
    """known: a head that was noted earlier."""
    rows = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(select(change_table).order_by(change_table.c.link.nulls_last()))
    return verify(map(_kept, rows), known)


def verify_piece(connection: Connection, since: Head, most: int) -> Whole | Break:
    """At most so many entries behind one that is known to be whole. The end was reached where the head is `since` again."""
    table = change_table
    behind = select(table).where(or_(table.c.link > since.link, table.c.link.is_(None))).order_by(table.c.link.nulls_last())
    return verify(map(_kept, connection.execute(behind.limit(most))), since=since)


def _written_here(connection: Connection) -> set[int]:
    # Of this transaction: the connection of the driver, and its info, serve others later.
    by_transaction = connection.info.setdefault(_WRITTEN, WeakKeyDictionary())
    ids: set[int] = by_transaction.setdefault(connection.get_transaction(), set())
    return ids


def _link(connection: Connection) -> None:
    ids = sorted(_written_here(connection))
    if not ids:
        return
    alone_until_commit(connection, _CHAIN_LOCK)
    newest = select(change_table.c.link, change_table.c.digest).where(change_table.c.link.is_not(None))
    last = connection.execute(newest.order_by(change_table.c.link.desc()).limit(1)).first()
    head = Head(last.link, last.digest) if last else Head(0, FIRST)
    table = change_table
    to_link = update(table).where(table.c.id == bindparam("of_id")).values(link=bindparam("to_link"), digest=bindparam("to_digest"))
    for at in range(0, len(ids), ROWS_AT_ONCE):
        # What a savepoint has undone is not there any more.
        rows = connection.execute(
            select(table).where(table.c.id.in_(ids[at : at + ROWS_AT_ONCE]), table.c.link.is_(None)).order_by(table.c.id)
        ).all()
        linked = list(_linked(rows, head))
        if linked:
            head = Head(linked[-1]["to_link"], linked[-1]["to_digest"])
            connection.execute(to_link, linked)


def _linked(rows: Sequence[Any], head: Head) -> Iterator[dict[str, Any]]:
    for row in rows:
        link = head.link + 1
        head = Head(link, _entry(row, link).digest(head.digest))
        yield {"of_id": row.id, "to_link": link, "to_digest": head.digest}


def _kept(row: Any) -> Kept:
    return Kept(_entry(row, row.link or 0), row.digest or "", Personal(row.salt, row.who, row.address, row.reason))


def _entry(row: Any, link: int) -> Entry:
    return Entry(link, row.at_ms, row.actor, row.what, row.subject, row.before, row.after, row.personal_sha256)


def _change(row: Any) -> Change:
    return Change(row.id, row.at_ms, row.actor, row.who, row.what, row.subject, row.reason, _read(row.before), _read(row.after))


def _written(state: State | None) -> str | None:
    return None if state is None else json.dumps(dict(state), ensure_ascii=False)


def _read(text: str | None) -> dict[str, Any] | None:
    return None if text is None else dict(json.loads(text))
