"""What all changes of a configuration have in common, of nodes and of gateways: what is asked, and what is answered."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Header, Response
from pydantic import BaseModel
from sqlalchemy import Connection

from fleet.api.fields import Removing, Version, example
from fleet.configuration.changing import Changed, Confirmed, Made
from fleet.configuration.difference import Difference
from fleet.http.openapi import problems
from fleet.service import Service

CHANGES = problems(400, 409, 412, 413)

IfMatch = Annotated[
    str | None, Header(pattern=r'^"[0-9]{1,10}"$', description="the ETag of what was read; 412 when something else holds by now")
]


class Undo(Removing):
    """version: what is to hold again, as it was then, 0 for as it was before anything was asked; the version before that is wanted now when
    absent."""

    model_config = example(reason="the shorter period filled the line")

    version: Version | None = None


class ChangeAnswer(BaseModel):
    """version: the new one; null after a dry run. before: the one that the difference is to. removes: what is taken away."""

    version: int | None
    before: int
    difference: list[Difference]
    removes: list[str]


def tagged(response: Response, version: int) -> None:
    """The answer has an ETag, by which a change may require that nothing has changed since."""
    response.headers["ETag"] = f'"{version}"'


def confirmed(wanted: Removing, if_match: str | None) -> Confirmed:
    return Confirmed(wanted.removes, None if if_match is None else int(if_match.strip('"')))


async def answer(
    service: Service, dry_run: bool, preview: Callable[[Connection], Changed], change: Callable[[Connection], Made]
) -> ChangeAnswer:
    """change: is made, and those who wait for it are woken; on a dry run only shown."""
    if dry_run:
        shown = await service.consult(preview)
        return ChangeAnswer(version=None, before=shown.before, difference=shown.difference, removes=shown.removes)
    made = await service.write(change)
    service.notify(made.documents)
    changed = made.changed
    return ChangeAnswer(version=made.version, before=changed.before, difference=changed.difference, removes=changed.removes)
