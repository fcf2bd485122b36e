"""The district as files: taken in, with a look beforehand, and given out in the same form."""

from itertools import islice
from typing import Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from sqlalchemy import Connection

from fleet.api.admin_route import admin_router
from fleet.api.dependencies import Governs, Reads, ServiceDependency
from fleet.api.district import archive, reading, writing
from fleet.api.district.reading import Read
from fleet.api.fields import DryRun, ReasonQuery
from fleet.errors import InvalidError
from fleet.http.openapi import Responses, body, problems
from fleet.http.request_body import read_body
from fleet.people.audit import Act
from fleet.places import areas, sites
from fleet.places.areas import Asked
from fleet.places.district_import import DistrictImport, Outcome

PATH = "/district.zip"

router = admin_router("registry")

_ZIP: Responses = {200: {"description": "a ZIP of areas.csv, areas.geojson and sites.csv", "content": {"application/zip": {}}}}
_FILES = {"type": "string", "format": "binary", "maxLength": archive.MOST_BYTES}


class Became(BaseModel):
    added: int
    changed: int
    unchanged: int


class Imported(BaseModel):
    """is_dry_run: nothing was changed."""

    is_dry_run: bool
    areas: Became
    sites: Became


class _OnlyLookedError(Exception):
    """Ends the transaction, so that it leaves nothing."""

    def __init__(self, found: tuple[Outcome, Outcome]) -> None:
        super().__init__()
        self.found = found


@router.get(PATH, response_class=Response, responses=_ZIP)
def export_district(person: Reads, service: ServiceDependency) -> Response:
    """Areas and sites that are not retired, as files that the import takes as they are."""

    def read(connection: Connection) -> dict[str, str]:
        asked = Asked(scope=person.scope)
        found = sites.sites(connection, scope=person.scope)
        return writing.write(areas.areas(connection, asked), areas.grounds(connection, asked), found)

    headers = {"Content-Disposition": 'attachment; filename="district.zip"'}
    return Response(archive.pack(service.read(read)), 200, headers, "application/zip")


@router.post(PATH, responses=problems(400, 413), openapi_extra=body(_FILES, "application/zip"))
async def import_district(
    request: Request, person: Governs, service: ServiceDependency, reason: ReasonQuery, dry_run: DryRun = False
) -> Imported:
    """Takes areas and sites from areas.csv, areas.geojson and sites.csv in a ZIP. What is new is added, what differs is corrected, what is
    the same stays, and nothing is taken away; an empty cell says nothing. With any fault nothing at all is changed, and each fault is named
    by file, line and column: `sites.csv:12:latitude`."""
    content = await read_body(request, archive.MOST_BYTES)
    read = await run_in_threadpool(lambda: reading.read(archive.unpack(content, reading.FILES)))
    act = service.act(person, reason)
    try:
        found = await service.write(lambda connection: _take(connection, act, read, dry_run))
    except _OnlyLookedError as looked:
        found = looked.found
    faults = [fault.as_fault() for fault in await run_in_threadpool(_faults, read, found)]
    if faults:
        raise InvalidError(*faults[: reading.MOST_FAULTS])
    of_areas, of_sites = (Became(**{what: outcome.counts[what] for what in ("added", "changed", "unchanged")}) for outcome in found)
    return Imported(is_dry_run=dry_run, areas=of_areas, sites=of_sites)


def _take(connection: Connection, act: Act, read: Read, dry_run: bool) -> tuple[Outcome, Outcome]:
    if not read.is_whole:
        raise _OnlyLookedError((Outcome(), Outcome()))
    taken = DistrictImport(connection, act, read.broken)
    found = taken.take_areas(read.areas), taken.take_sites(read.sites)
    if dry_run or read.faults or any(outcome.faults for outcome in found):
        raise _OnlyLookedError(found)
    return found


def _faults(read: Read, found: tuple[Outcome, Outcome]) -> list[Any]:
    outcomes = (one for outcome in found for one in outcome.faults)
    late = [reading.fault_at(where, fault) for where, fault in islice(outcomes, reading.MOST_FAULTS)]
    return sorted(
        read.faults + late, key=lambda fault: (reading.FILES.index(fault.file) if fault.file in reading.FILES else -1, fault.line)
    )
