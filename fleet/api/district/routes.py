"""The district as files: taken in, with a look beforehand, and given out in the same form."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any, Literal, get_args

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from sqlalchemy import Connection

from fleet.api.admin_route import admin_router
from fleet.api.dependencies import Governs, Reads, ServiceDependency
from fleet.api.district import archive, reading, writing
from fleet.api.district.reading import Read
from fleet.api.fields import DryRun, ReasonQuery
from fleet.api.gateways import code_expires_ms
from fleet.devices import gateway_list, sensors
from fleet.devices.device_import import DeviceImport, Secret
from fleet.devices.registration import Consequences
from fleet.errors import InvalidError
from fleet.http.openapi import Responses, body, problems
from fleet.http.request_body import read_body
from fleet.people.audit import Act
from fleet.places import areas, sites
from fleet.places.areas import Asked
from fleet.places.district_import import DistrictImport
from fleet.places.import_rows import Became, Kind, Outcome, Taking
from fleet.record import node_list

PATH = "/district.zip"
_BECAME = get_args(Became)

router = admin_router("registry")

_TABLES = ", ".join((*reading.FILES[:-1], f"and {reading.FILES[-1]}"))
_ZIP: Responses = {200: {"description": f"a ZIP of {_TABLES}", "content": {"application/zip": {}}}}
_FILES = {"type": "string", "format": "binary", "maxLength": archive.MOST_BYTES}
_ALL = 1_000_000


class BecameCounts(BaseModel):
    added: int
    changed: int
    unchanged: int


class NewSecret(BaseModel):
    """kind: gateway, with the code by which it enrols, or node, with its key, where the table had none."""

    kind: Literal["gateway", "node"]
    id: str
    secret: str


class Imported(BaseModel):
    """is_dry_run: nothing was changed. secrets: of what is new, shown this once. codes_expire_ms: until when the codes of new gateways can
    be used; null where there are none."""

    is_dry_run: bool
    areas: BecameCounts
    sites: BecameCounts
    gateways: BecameCounts
    nodes: BecameCounts
    sensors: BecameCounts
    secrets: list[NewSecret]
    codes_expire_ms: int | None


@dataclass(frozen=True)
class _Taken:
    outcomes: Mapping[Kind, Outcome] = field(default_factory=dict)
    secrets: Sequence[Secret] = ()
    documents: Mapping[str, int] = field(default_factory=dict)


class _OnlyLookedError(Exception):
    """Ends the transaction, so that it leaves nothing."""

    def __init__(self, found: _Taken) -> None:
        super().__init__()
        self.found = found


@router.get(PATH, response_class=Response, responses=_ZIP)
def export_district(person: Reads, service: ServiceDependency) -> Response:
    """Areas, sites, gateways, nodes and sensors that are not retired, as files that the import takes as they are. Keys and codes are not in
    them."""

    def read(connection: Connection) -> dict[str, str]:
        asked, scope = Asked(scope=person.scope), person.scope
        things: dict[Kind, Iterable[Any]] = {
            "area": areas.areas(connection, asked),
            "site": sites.sites(connection, scope=scope),
            "gateway": gateway_list.summaries(connection, {}, False, _ALL, None, scope),
            "node": [node for node in node_list.nodes(connection, scope=scope) if not node.station],
            "sensor": sensors.sensors(connection, sensors.Wanted(scope=scope), _ALL),
        }
        return writing.write(things, areas.grounds(connection, asked), service.configuration.zone)

    headers = {"Content-Disposition": 'attachment; filename="district.zip"'}
    return Response(archive.pack(service.read(read)), 200, headers, "application/zip")


@router.post(PATH, responses=problems(400, 413), openapi_extra=body(_FILES, "application/zip"))
async def import_district(
    request: Request, person: Governs, service: ServiceDependency, reason: ReasonQuery, dry_run: DryRun = False
) -> Imported:
    """Takes areas, sites, gateways, nodes and sensors from tables in a ZIP, with areas.geojson. What is new is added, what differs is
    corrected or moved, what is the same stays, and nothing is taken away; an empty cell says nothing. With any fault nothing at all is
    changed, and each fault is named by file, line and column: `sites.csv:12:latitude`."""
    content = await read_body(request, archive.MOST_BYTES)
    read = await run_in_threadpool(lambda: reading.read(archive.unpack(content, reading.FILES)))
    act, expires_ms = service.act(person, reason), code_expires_ms(service)
    try:
        found = await service.write(lambda connection: _take(connection, act, service.consequences, expires_ms, read, dry_run))
        service.notify(found.documents)
    except _OnlyLookedError as looked:
        found = looked.found
    faults = [fault.as_fault() for fault in await run_in_threadpool(_faults, read, found)]
    if faults:
        raise InvalidError(*faults[: reading.MOST_FAULTS])
    has_codes = any(secret.kind == "gateway" for secret in found.secrets) and not dry_run
    return Imported(
        is_dry_run=dry_run,
        **{f"{kind}s": BecameCounts(**{what: outcome.counts[what] for what in _BECAME}) for kind, outcome in found.outcomes.items()},
        secrets=[] if dry_run else [NewSecret(**asdict(secret)) for secret in found.secrets],
        codes_expire_ms=expires_ms if has_codes else None,
    )


def _take(connection: Connection, act: Act, consequences: Consequences, code_expires_ms: int, read: Read, dry_run: bool) -> _Taken:
    if not read.is_whole:
        raise _OnlyLookedError(_Taken())
    taking, rows = Taking(read.broken), read.rows
    of_places = DistrictImport(connection, act, taking)
    outcomes: dict[Kind, Outcome] = {"area": of_places.take_areas(rows["area"]), "site": of_places.take_sites(rows["site"])}
    devices = DeviceImport(connection, act, taking, consequences, code_expires_ms).take(rows["gateway"], rows["node"], rows["sensor"])
    found = _Taken({**outcomes, **devices.outcomes}, devices.secrets, devices.documents)
    if dry_run or read.faults or any(outcome.faults for outcome in found.outcomes.values()):
        raise _OnlyLookedError(found)
    return found


def _faults(read: Read, found: _Taken) -> list[Any]:
    outcomes = (one for outcome in found.outcomes.values() for one in outcome.faults)
    late = [reading.fault_at(where, fault) for where, fault in islice(outcomes, reading.MOST_FAULTS)]
    return sorted(
        read.faults + late, key=lambda fault: (reading.FILES.index(fault.file) if fault.file in reading.FILES else -1, fault.line)
    )
