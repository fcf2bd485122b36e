"""The settings of nodes: read, changed whole or key by key, their history, one step back."""

from typing import Any

from fastapi import Response
from sqlalchemy import Connection

from fleet.api import changing
from fleet.api.admin_route import admin_router
from fleet.api.changing import CHANGES, ChangeAnswer, IfMatch, Undo, confirmed, tagged
from fleet.api.dependencies import Configures, NodeId, Reads, ServiceDependency
from fleet.api.fields import Cursor, DryRun, HistoryLimit, Removing, VersionPath, example
from fleet.configuration import history, node_settings, settings_change
from fleet.configuration.changing import Confirmed
from fleet.configuration.history import History, Version
from fleet.configuration.merge_patch import patched
from fleet.configuration.node_settings import NodeSettings
from fleet.configuration.settings_change import Make
from fleet.people.audit import Act
from fleet.service import Service

router = admin_router("registry", 404)


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


@router.get("/nodes/{node}/settings")
def read_settings(node: NodeId, person: Reads, service: ServiceDependency, response: Response) -> NodeSettings:
    """What is wanted of the node, what it reports of it, and who set it why."""
    found = service.read(lambda connection: node_settings.read(connection, node))
    tagged(response, found.desired.version)
    return found


@router.put("/nodes/{node}/settings", responses=CHANGES)
async def change_settings(
    node: NodeId, person: Configures, service: ServiceDependency, wanted: SettingsRequest, dry_run: DryRun = False, if_match: IfMatch = None
) -> ChangeAnswer:
    """Changes the settings of a node: the whole document, not a difference. What it leaves out has its default."""
    act, known = service.act(person, wanted.reason), confirmed(wanted, if_match)
    return await _answer(service, act, node, lambda *_: wanted.settings, known, dry_run)


@router.patch("/nodes/{node}/settings", responses=CHANGES)
async def patch_settings(
    node: NodeId, person: Configures, service: ServiceDependency, wanted: SettingsPatch, dry_run: DryRun = False, if_match: IfMatch = None
) -> ChangeAnswer:
    """Changes single keys of the settings of a node; the rest stays."""
    act, known = service.act(person, wanted.reason), confirmed(wanted, if_match)
    return await _answer(service, act, node, lambda _, settings: patched(settings, wanted.settings), known, dry_run)


@router.get("/nodes/{node}/settings/history")
def list_versions(
    node: NodeId,
    person: Reads,
    service: ServiceDependency,
    cursor: Cursor = None,
    limit: HistoryLimit = 20,
) -> History:
    """Every version of the settings, with who made it, when, why, and what it changed. The newest first."""
    return service.read(lambda connection: settings_change.versions(connection, node).history(history.below(cursor), limit))


@router.get("/nodes/{node}/settings/history/{version}")
def read_version(node: NodeId, version: VersionPath, person: Reads, service: ServiceDependency) -> Version:
    """One version of the settings, whole."""
    return service.read(lambda connection: settings_change.versions(connection, node).whole(version))


@router.post("/nodes/{node}/settings/undo", responses=CHANGES)
async def undo_settings(
    node: NodeId, person: Configures, service: ServiceDependency, wanted: Undo, dry_run: DryRun = False, if_match: IfMatch = None
) -> ChangeAnswer:
    """Older settings once more, as a new version: a node takes only a greater one."""
    act, known = service.act(person, wanted.reason), confirmed(wanted, if_match)

    def make(connection: Connection, _settings: dict[str, Any]) -> dict[str, Any]:
        return settings_change.restored(connection, node, wanted.version)

    return await _answer(service, act, node, make, known, dry_run)


async def _answer(service: Service, act: Act, node: str, make: Make, wanted: Confirmed, dry_run: bool) -> ChangeAnswer:
    return await changing.answer(
        service,
        dry_run,
        lambda connection: settings_change.preview(connection, node, make, wanted),
        lambda connection: settings_change.change(connection, act, service.signing_key, node, make, wanted),
    )
