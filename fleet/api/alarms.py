"""The alarms of the district, open and past, and what people do about them."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from contract.site import rules
from contract.values import MAX_INT, MAX_KEY
from fleet.alarms import alarm_list, handling, lifecycle, steps
from fleet.alarms.alarm_list import Alarm, AlarmFilter, State
from fleet.alarms.lifecycle import Kind
from fleet.alarms.steps import Step
from fleet.api.admin_route import admin_router
from fleet.api.dependencies import ID_PATTERN, Answers, Reads, ServiceDependency
from fleet.api.fields import Line, Request, example
from fleet.api.moments import BetweenQuery
from fleet.http import paging
from fleet.http.openapi import problems
from fleet.people.audit import Act
from fleet.service import Service

router = admin_router("alarms")

AlarmId = Annotated[int, Path(ge=1, le=MAX_INT)]
_Id = Annotated[str | None, Query(pattern=ID_PATTERN)]
# Of a note, as its column has room.
_Note = Annotated[str, Field(max_length=1000, pattern=r"^[^\x00]*$")]
_CHANGES = problems(400, 404, 409, 413)


class AlarmPage(BaseModel):
    """next: the cursor of the next page; null on the last one."""

    items: list[Alarm]
    next: str | None


class AlarmWithSteps(BaseModel):
    """steps: what happened to it, in order; who is empty where that was its source: a gateway, or the service. possible: what can be done
    now."""

    alarm: Alarm
    steps: list[Step]
    possible: list[Kind]


class Acknowledgement(Request):
    model_config = example(note="I see it, and go there")

    note: _Note = ""


class Assignment(Request):
    """to: the name of who is to see to it."""

    model_config = example(to="li.na", note="the cell is hers this week")

    to: Line
    note: _Note = ""


class Told(Request):
    """note: what was found, and done."""

    model_config = example(note="the sprinklers at the gate were off; they run again")

    note: Annotated[_Note, Field(min_length=1)]


@router.get("/alarms", responses=problems(404))
def list_alarms(
    person: Reads,
    service: ServiceDependency,
    between: BetweenQuery,
    state: Annotated[State | None, Query(description="open, past; both when absent")] = None,
    site: _Id = None,
    gateway: _Id = None,
    node: _Id = None,
    under: Annotated[str | None, Query(pattern=ID_PATTERN, description="of sites in this area and all below it")] = None,
    rule: Annotated[str | None, Query(min_length=1, max_length=MAX_KEY, pattern=r"^[^\x00]*$")] = None,
    severity: Annotated[str | None, Query(json_schema_extra={"enum": list(rules.SEVERITIES)}, pattern="^(notice|warning|alarm)$")] = None,
    handling: Annotated[lifecycle.State | None, Query(description="what people have done about it")] = None,
    assignee: Annotated[str | None, Query(min_length=1, max_length=200, pattern=r"^[^\x00]*$", description="assigned to them")] = None,
    level: Annotated[lifecycle.Level | None, Query(description="up to which it was escalated")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="alarms of one page")] = 100,
    cursor: Annotated[str | None, Query(max_length=40, description="`next` of the page before")] = None,
) -> AlarmPage:
    """The newest first. Of a span: those that were open at some time of it. Texts are in Chinese and English, values in their unit."""
    of_place = AlarmFilter(
        state, site, gateway, node, rule, severity, between.from_ms, between.to_ms, handling, assignee, level, under, person.scope
    )
    after = None if cursor is None else paging.numbers_of(cursor, 2)
    found = service.read(lambda connection: alarm_list.alarms(connection, of_place, limit + 1, after))
    shown = found[:limit]
    following = paging.cursor(shown[-1].since_ms, shown[-1].id) if len(found) > limit else None
    return AlarmPage(items=shown, next=following)


@router.get("/alarms/{alarm}", responses=problems(404))
def read_alarm(alarm: AlarmId, _person: Reads, service: ServiceDependency) -> AlarmWithSteps:
    """One alarm, with every step that was taken."""
    return service.read(lambda connection: _with_steps(connection, alarm))


@router.post("/alarms/{alarm}/acknowledgement", responses=_CHANGES)
async def acknowledge_alarm(alarm: AlarmId, person: Answers, service: ServiceDependency, wanted: Acknowledgement) -> AlarmWithSteps:
    """Somebody has seen it."""
    return await _handle(service, service.act(person, wanted.note), alarm, "acknowledged")


@router.post("/alarms/{alarm}/assignment", responses=_CHANGES)
async def assign_alarm(alarm: AlarmId, person: Answers, service: ServiceDependency, wanted: Assignment) -> AlarmWithSteps:
    """Somebody is to see to it: the grid staff of the cell, or the person that is named."""
    return await _handle(service, service.act(person, wanted.note), alarm, "assigned", wanted.to)


@router.post("/alarms/{alarm}/comments", responses=_CHANGES)
async def comment_alarm(alarm: AlarmId, person: Answers, service: ServiceDependency, wanted: Told) -> AlarmWithSteps:
    """Something is to be known about it, also when it is over."""
    return await _handle(service, service.act(person, wanted.note), alarm, "commented")


@router.post("/alarms/{alarm}/resolution", responses=_CHANGES)
async def resolve_alarm(alarm: AlarmId, person: Answers, service: ServiceDependency, wanted: Told) -> AlarmWithSteps:
    """What it was about is done. Its gateway raises another one when the fault comes again."""
    return await _handle(service, service.act(person, wanted.note), alarm, "resolved")


@router.post("/alarms/{alarm}/reopening", responses=_CHANGES)
async def reopen_alarm(alarm: AlarmId, person: Answers, service: ServiceDependency, wanted: Told) -> AlarmWithSteps:
    """It was not done after all: as if it were raised now."""
    return await _handle(service, service.act(person, wanted.note), alarm, "reopened")


async def _handle(service: Service, act: Act, alarm: int, kind: Kind, assignee: str = "") -> AlarmWithSteps:
    def work(connection: Connection) -> AlarmWithSteps:
        handling.handle(connection, act, alarm, kind, act.reason, assignee)
        return _with_steps(connection, alarm)

    return await service.write(work)


def _with_steps(connection: Connection, alarm: int) -> AlarmWithSteps:
    found = alarm_list.alarm_of(connection, alarm)
    handled = lifecycle.Handling(found.handling, found.assignee, lifecycle.LEVELS.index(found.level))
    return AlarmWithSteps(alarm=found, steps=steps.steps_of(connection, alarm), possible=lifecycle.possible(handled))
