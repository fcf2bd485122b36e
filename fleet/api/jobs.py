"""Work in the background: who does it and how it goes, and the long jobs that somebody asked for."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel
from sqlalchemy import Connection

from contract.values import MAX_INT
from fleet.api.admin_route import admin_router
from fleet.api.dependencies import Governs, ServiceDependency
from fleet.api.fields import Explained, Limit, NumberCursor, Reasoned, example
from fleet.background import jobs, lease, outcomes
from fleet.background.jobs import Job, State
from fleet.background.outcomes import Outcome
from fleet.http.openapi import problems
from fleet.people import chain_check
from fleet.people.audit import record_change

router = admin_router("background")

JobId = Annotated[int, Path(ge=1, le=MAX_INT)]


class Verification(Explained):
    model_config = example(reason="the audit of the year")


class Cancellation(Reasoned):
    model_config = example(reason="it was asked for by mistake")


class JobPage(BaseModel):
    """next: the cursor of the next page; null on the last one."""

    items: list[Job]
    next: str | None


class Background(BaseModel):
    """holder: the process that works, "" before there was one. number: how many have held the lease so far. until_ms: when another one may
    take it, unless it is renewed; 0: it was given back. works: how each of them goes."""

    holder: str
    number: int
    until_ms: int
    works: list[Outcome]


@router.post("/changes/verification", status_code=202, responses=problems(400, 413))
async def verify_changes(person: Governs, service: ServiceDependency, wanted: Verification) -> Job:
    """Asks for a job that reads every change ever recorded. It is done where each is as it was written, and its result has the end of the
    chain; failed where one is not: its result names the first one. Failed without a result, it has found out nothing."""
    act = service.act(person, wanted.reason)

    def ask(connection: Connection) -> Job:
        asked, is_new = jobs.ask(connection, chain_check.KIND, person.who, {}, act.now_ms)
        if is_new:
            record_change(connection, act, "job_asked", str(asked.id), None, {"kind": asked.kind, "parameters": asked.parameters})
        return asked

    return await service.write(ask)


@router.get("/background")
def read_background(person: Governs, service: ServiceDependency) -> Background:
    """Which process works in the background, and how each work goes."""

    def read(connection: Connection) -> Background:
        held = lease.find(connection)
        return Background(holder=held.holder, number=held.fence, until_ms=held.until_ms, works=outcomes.outcomes(connection))

    return service.read(read)


@router.get("/jobs")
def list_jobs(
    person: Governs,
    service: ServiceDependency,
    state: Annotated[State | None, Query(description="in this state only")] = None,
    limit: Limit = 100,
    cursor: NumberCursor = None,
) -> JobPage:
    """Long jobs, the newest first. Those that have ended are kept for 30 days."""
    below = None if cursor is None else int(cursor)
    found = service.read(lambda connection: jobs.jobs(connection, state, limit + 1, below))
    return JobPage(items=found[:limit], next=str(found[limit - 1].id) if len(found) > limit else None)


@router.get("/jobs/{job}", responses=problems(404))
def read_job(job: JobId, person: Governs, service: ServiceDependency) -> Job:
    """One job: how far it is, and how it ended."""
    return service.read(lambda connection: jobs.job_of(connection, job))


@router.post("/jobs/{job}/cancellation", responses=problems(400, 404, 413))
async def cancel_job(job: JobId, person: Governs, service: ServiceDependency, wanted: Cancellation) -> Job:
    """A job that waits is cancelled at once, one that runs after the step that is under way: what its steps have done stays. One that has
    ended stays as it is, as the answer says."""
    act = service.act(person, wanted.reason)

    def cancel(connection: Connection) -> Job:
        before = jobs.job_of(connection, job)
        after = jobs.cancel(connection, job, act.now_ms)
        was, is_ = ({"state": one.state, "cancel_asked": one.cancel_asked} for one in (before, after))
        if was != is_:
            record_change(connection, act, "job_cancelled", str(job), was, is_)
        return after

    return await service.write(cancel)
