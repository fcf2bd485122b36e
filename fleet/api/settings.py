"""The settings of nodes: read, changed whole or key by key, their history, one step back."""

from typing import Annotated, Any

from fastapi import Header, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from sqlalchemy import Connection

from fleet.api.admin_route import admin_router
from fleet.api.dependencies import Admin, NodeId, ServiceDependency
from fleet.api.fields import Cursor, DryRun, HistoryLimit, Removing, Version, VersionPath, example
from fleet.configuration import history, node_settings, settings_change
from fleet.configuration.difference import Difference
from fleet.configuration.history import History
from fleet.configuration.history import Version as StoredVersion
from fleet.configuration.merge_patch import patched
from fleet.configuration.node_settings import NodeSettings
from fleet.configuration.settings_change import Confirmed, Make
from fleet.http.openapi import problems
from fleet.people.audit import Act
from fleet.service import Service

router = admin_router("registry", 404)
_CHANGES = problems(400, 409, 412, 413)

_IfMatch = Annotated[
    str | None, Header(pattern=r'^"[0-9]{1,10}"$', description="the ETag of the settings that were read; 412 when they are others by now")
]


class SettingsRequest(Removing):
    """settings: whole, not a difference; what it does not name has its default."""

    model_config = example(
        settings={"period_ms": 10000, "sensors": [{"slot": 0, "part": "pms5003", "port": 0}]}, reason="as it was before the episode"
    )

    settings: dict[str, Any]


class SettingsPatch(Removing):
    """settings: only what changes (JSON merge patch, RFC 7396): null takes the default, what is not named stays. Sensors are named by their
    slot: `{"sensors": {"0": {"poll_ms": 1000}}}`."""

    model_config = example(settings={"period_ms": 5000, "sensors": {"0": {"poll_ms": 1000}}}, reason="shorter reports for the episode")

    settings: dict[str, Any]


class SettingsUndo(Removing):
    """version: whose settings are to hold again, 0 for as shipped; the one before that is wanted now when absent."""

    model_config = example(reason="the shorter period filled the line")

    version: Version | None = None


class SettingsAnswer(BaseModel):
    """version: the new one; null after a dry run. before: the one that the difference is to. removes: sensors that are taken away."""

    version: int | None
    before: int
    difference: list[Difference]
    removes: list[str]


@router.get("/nodes/{node}/settings")
def read_settings(node: NodeId, _admin: Admin, service: ServiceDependency, response: Response) -> NodeSettings:
    """What is wanted of the node, what it reports of it, and who set it why."""
    found = service.read(lambda connection: node_settings.read(connection, node))
    response.headers["ETag"] = f'"{found.desired.version}"'
    return found


@router.put("/nodes/{node}/settings", responses=_CHANGES)
async def change_settings(
    node: NodeId, admin: Admin, service: ServiceDependency, wanted: SettingsRequest, dry_run: DryRun = False, if_match: _IfMatch = None
) -> SettingsAnswer:
    """Changes the settings of a node: the whole document, not a difference. What it leaves out has its default."""
    act, confirmed = service.act(admin, wanted.reason), _confirmed(wanted, if_match)
    return await _answer(service, act, node, lambda *_: wanted.settings, confirmed, dry_run)


@router.patch("/nodes/{node}/settings", responses=_CHANGES)
async def patch_settings(
    node: NodeId, admin: Admin, service: ServiceDependency, wanted: SettingsPatch, dry_run: DryRun = False, if_match: _IfMatch = None
) -> SettingsAnswer:
    """Changes single keys of the settings of a node; the rest stays."""
    act, confirmed = service.act(admin, wanted.reason), _confirmed(wanted, if_match)
    return await _answer(service, act, node, lambda _, settings: patched(settings, wanted.settings), confirmed, dry_run)


@router.get("/nodes/{node}/settings/history")
def list_versions(
    node: NodeId,
    _admin: Admin,
    service: ServiceDependency,
    cursor: Cursor = None,
    limit: HistoryLimit = 20,
) -> History:
    """Every version of the settings, with who made it, when, why, and what it changed. The newest first."""
    return service.read(lambda connection: settings_change.versions(connection, node, history.below(cursor), limit))


@router.get("/nodes/{node}/settings/history/{version}")
def read_version(node: NodeId, version: VersionPath, _admin: Admin, service: ServiceDependency) -> StoredVersion:
    """One version of the settings, whole."""
    return service.read(lambda connection: settings_change.version_of(connection, node, version))


@router.post("/nodes/{node}/settings/undo", responses=_CHANGES)
async def undo_settings(
    node: NodeId, admin: Admin, service: ServiceDependency, wanted: SettingsUndo, dry_run: DryRun = False, if_match: _IfMatch = None
) -> SettingsAnswer:
    """Older settings once more, as a new version: a node takes only a greater one."""
    act, confirmed = service.act(admin, wanted.reason), _confirmed(wanted, if_match)

    def make(connection: Connection, _settings: dict[str, Any]) -> dict[str, Any]:
        return settings_change.restored(connection, node, wanted.version)

    return await _answer(service, act, node, make, confirmed, dry_run)


def _confirmed(wanted: Removing, if_match: str | None) -> Confirmed:
    return Confirmed(wanted.removes, None if if_match is None else int(if_match.strip('"')))


async def _answer(service: Service, act: Act, node: str, make: Make, confirmed: Confirmed, dry_run: bool) -> SettingsAnswer:
    if dry_run:
        shown = await run_in_threadpool(service.read, lambda connection: settings_change.preview(connection, node, make, confirmed.version))
        return SettingsAnswer(version=None, before=shown.before, difference=shown.difference, removes=shown.removes)
    made = await service.write(lambda connection: settings_change.change(connection, act, service.signing_key, node, make, confirmed))
    service.notify(made.documents)
    changed = made.changed
    return SettingsAnswer(version=made.version, before=changed.before, difference=changed.difference, removes=changed.removes)
