"""Long jobs that somebody asked for, as rows: asked, running, and how they ended. Knows tables.job.

A job is done in steps. What a step writes, how far it has come and where the next one goes on (`cursor`) are of one commit: whichever
process goes on, however the one before ended, does nothing twice.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import Connection, delete, insert, select, update

from fleet.background.tables import job as table
from fleet.errors import NotFoundError, OverloadedError
from fleet.store.storable import storable

State = Literal["queued", "running", "done", "failed", "cancelled"]
STATES = get_args(State)
_OPEN = ("queued", "running")
# Beyond, another one is refused: somebody asks in a loop.
MOST_OPEN = 50
MOST_STARTS = 5
FAULT_CHARACTERS = 400
_RETRY_AFTER_S = 60
_DELETED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Job:
    """done, total: progress, in what its kind counts; total null: not known yet. result: of a job that is done. fault: why it failed."""

    id: int
    kind: str
    state: State
    who: str
    parameters: dict[str, Any]
    done: int
    total: int | None
    result: dict[str, Any] | None
    fault: str
    asked_ms: int
    started_ms: int | None
    ended_ms: int | None
    cancel_asked: bool


@dataclass(frozen=True, slots=True)
class Claimed:
    """cursor: where the next step goes on, null at the first."""

    id: int
    parameters: dict[str, Any]
    cursor: Any


def ask(connection: Connection, kind: str, who: str, parameters: Mapping[str, Any], now_ms: int) -> tuple[Job, bool]:
    """The job, and whether it is new: one of this kind with the same parameters that is open already takes its place. Raises
    OverloadedError."""
    written = json.dumps(dict(parameters), sort_keys=True)
    is_open = select(table).where(table.c.state.in_(_OPEN))
    same = connection.execute(is_open.where(table.c.kind == kind, table.c.parameters == written, ~table.c.cancel_asked)).first()
    if same:
        return _job(same), False
    if len(connection.execute(is_open.limit(MOST_OPEN)).all()) == MOST_OPEN:
        raise OverloadedError(_RETRY_AFTER_S)
    row = {"kind": kind, "state": "queued", "who": who, "parameters": written, "done": 0, "fault": "", "asked_ms": now_ms, "starts": 0}
    return job_of(connection, connection.execute(insert(table).returning(table.c.id), row).scalar_one()), True


def jobs(connection: Connection, state: State | None, limit: int, below: int | None = None) -> list[Job]:
    """The newest first. below: the id of the last one of the page before."""
    query = select(table).order_by(table.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(table.c.state == state)
    if below is not None:
        query = query.where(table.c.id < below)
    return [_job(row) for row in connection.execute(query)]


def last_ended(connection: Connection, kind: str) -> Job | None:
    """The newest one that was done or has failed."""
    ended = select(table).where(table.c.kind == kind, table.c.state.in_(("done", "failed")))
    row = connection.execute(ended.order_by(table.c.id.desc()).limit(1)).first()
    return _job(row) if row else None


def last_with_result(connection: Connection, kind: str) -> Job | None:
    """The newest one that found something out: it was done, or failed for what it was to look at, and not for want of something else."""
    ended = select(table).where(table.c.kind == kind, table.c.state.in_(("done", "failed")), table.c.result.is_not(None))
    row = connection.execute(ended.order_by(table.c.id.desc()).limit(1)).first()
    return _job(row) if row else None


def job_of(connection: Connection, id_: int) -> Job:
    """Raises NotFoundError."""
    row = connection.execute(select(table).where(table.c.id == id_)).first()
    if row is None:
        raise NotFoundError("job", str(id_))
    return _job(row)


def cancel(connection: Connection, id_: int, now_ms: int) -> Job:
    """One that waits is cancelled now, one that runs after the step that is under way; one that has ended stays as it is. Raises
    NotFoundError."""
    found = connection.execute(select(table.c.state).where(table.c.id == id_).with_for_update()).first()
    if found and found.state in _OPEN:
        values = {"state": "cancelled", "ended_ms": now_ms} if found.state == "queued" else {}
        connection.execute(update(table).where(table.c.id == id_).values(cancel_asked=True, **values))
    return job_of(connection, id_)


def next_open(connection: Connection, kinds: Collection[str], under_way: Collection[int]) -> tuple[int, str] | None:
    """(id, kind) of the oldest one, running ones first: the process that ran them does not any more."""
    query = select(table.c.id, table.c.kind).where(table.c.state.in_(_OPEN), table.c.kind.in_(kinds), table.c.id.not_in(under_way))
    row = connection.execute(query.order_by(table.c.state.desc(), table.c.id).limit(1)).first()
    return (row.id, row.kind) if row else None


def start(connection: Connection, id_: int, now_ms: int) -> Claimed | None:
    """None where there is nothing to do: it was cancelled meanwhile, or has ended the process too often."""
    row = connection.execute(select(table).where(table.c.id == id_).with_for_update()).first()
    if row is None or row.state not in _OPEN:
        return None
    if row.cancel_asked:
        end(connection, id_, "cancelled", now_ms)
        return None
    if row.starts >= MOST_STARTS:
        end(connection, id_, "failed", now_ms, fault=f"given up: begun {row.starts} times without any progress")
        return None
    values = {"state": "running", "started_ms": row.started_ms or now_ms, "starts": row.starts + 1}
    connection.execute(update(table).where(table.c.id == id_).values(**values))
    return Claimed(id_, json.loads(row.parameters), None if row.cursor is None else json.loads(row.cursor))


def save(connection: Connection, id_: int, done: int, total: int | None, cursor: Any) -> bool:
    """Whether it is to go on: not when it was cancelled."""
    values = {"done": done, "total": total, "cursor": json.dumps(cursor), "starts": 0}
    connection.execute(update(table).where(table.c.id == id_).values(**values))
    return not connection.execute(select(table.c.cancel_asked).where(table.c.id == id_)).scalar_one()


def end(connection: Connection, id_: int, state: State, now_ms: int, result: Mapping[str, Any] | None = None, fault: str = "") -> None:
    written = None if result is None else json.dumps(dict(result), ensure_ascii=False)
    values = {"state": state, "ended_ms": now_ms, "result": written, "fault": storable(fault, FAULT_CHARACTERS), "cursor": None}
    connection.execute(update(table).where(table.c.id == id_).values(**values))


def forget(connection: Connection, before_ms: int) -> bool:
    """Some of those that ended before this moment are deleted; whether there may be more."""
    old = select(table.c.id).where(table.c.ended_ms < before_ms).limit(_DELETED_AT_ONCE)
    return connection.execute(delete(table).where(table.c.id.in_(old))).rowcount == _DELETED_AT_ONCE


def _job(row: Any) -> Job:
    result = None if row.result is None else json.loads(row.result)
    return Job(
        row.id, row.kind, row.state, row.who, json.loads(row.parameters), row.done, row.total, result, row.fault,
        row.asked_ms, row.started_ms, row.ended_ms, row.cancel_asked,
    )  # fmt: skip
