"""What is wanted of a gateway beside its nodes, its history, one step back, and what the gateway reports of it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, create_model
from sqlalchemy import Connection

from contract.site import sections
from fleet.api import fields
from fleet.api.admin_route import admin_router
from fleet.api.dependencies import Admin, GatewayId, ServiceDependency
from fleet.api.fields import Cursor, DryRun, HistoryLimit, Removing, VersionPath, example
from fleet.configuration import gateway_configuration, history
from fleet.configuration.difference import Difference
from fleet.configuration.gateway_configuration import ConfigurationDifference
from fleet.configuration.history import History, Version
from fleet.devices import gateway_reports
from fleet.devices.gateway_reports import GatewayReport
from fleet.devices.gateways import desired_versions
from fleet.http.openapi import problems
from fleet.people.audit import Act
from fleet.service import Service

SectionKey = Annotated[str, Path(json_schema_extra={"enum": list(sections.by_people())}, pattern=f"^({'|'.join(sections.by_people())})$")]
_Parts = Callable[[Connection], dict[str, Any]]

router = admin_router("gateways", 404)
_CHANGES = problems(400, 409, 413)


# One field for each section that people write (contract/site/sections.py).
if TYPE_CHECKING:
    _WantedSections = Removing
    _SectionRevisions = BaseModel
else:
    _FORMS = {list: list[Any], dict: dict[str, Any]}
    _WRITTEN = sections.by_people()
    _WantedSections = create_model(
        "WantedSections", __base__=Removing, **{key: (_FORMS[type(one.empty)] | None, None) for key, one in _WRITTEN.items()}
    )
    _SectionRevisions = create_model("SectionRevisions", **{key: (Version, ...) for key in _WRITTEN})


class ConfigurationRequest(_WantedSections):
    """Each section whole, not a difference; a section that is not named stays as it is."""

    model_config = example(settings={"trial_s": 600}, reason="a slow line")

    def parts(self) -> dict[str, Any]:
        named = {key: getattr(self, key) for key in sections.by_people()}
        return {key: value for key, value in named.items() if value is not None}


class ConfigurationUndo(Removing):
    """version: of the section that is to hold again, 0 for empty; the one before that is wanted now when absent."""

    model_config = example(reason="the new rule rings every night")

    version: fields.Version | None = None


class ConfigurationChange(BaseModel):
    """version: of the gateway's desired document; null after a dry run. removes: instruments, wired nodes and receivers that are taken
    away."""

    version: int | None
    difference: list[Difference]
    removes: list[str]


class ConfigurationAnswer(_SectionRevisions):
    """version: of the desired document that carries it; reported: the gateway's answer to the one that it was given last."""

    version: int
    reported: GatewayReport | None


@router.get("/gateways/{gateway}/configuration")
def read_configuration(gateway: GatewayId, _admin: Admin, service: ServiceDependency) -> ConfigurationAnswer:
    """What is wanted of the gateway beside its nodes, section by section, with who set it and why; and its last answer to that."""

    def read(connection: Connection) -> ConfigurationAnswer:
        parts = gateway_configuration.read(connection, gateway)
        version = desired_versions(connection, {gateway})[gateway]
        return ConfigurationAnswer(version=version, reported=gateway_reports.newest_report(connection, gateway), **parts)

    return service.read(read)


@router.put("/gateways/{gateway}/configuration", responses=_CHANGES)
async def change_configuration(
    gateway: GatewayId, admin: Admin, service: ServiceDependency, wanted: ConfigurationRequest, dry_run: DryRun = False
) -> ConfigurationChange:
    """Sent to the gateway, which keeps it only after it has proved itself there, and otherwise returns to the version before."""
    act, parts = service.act(admin, wanted.reason), wanted.parts()
    return await _answer(service, act, gateway, lambda _: parts, wanted.removes, dry_run)


@router.get("/gateways/{gateway}/configuration/{section}/history")
def list_section_versions(
    gateway: GatewayId, section: SectionKey, _admin: Admin, service: ServiceDependency, cursor: Cursor = None, limit: HistoryLimit = 20
) -> History:
    """Every version of a section, with who made it, when, why, and what it changed. The newest first."""
    return service.read(lambda connection: gateway_configuration.versions(connection, gateway, section, history.below(cursor), limit))


@router.get("/gateways/{gateway}/configuration/{section}/history/{version}")
def read_section_version(
    gateway: GatewayId, section: SectionKey, version: VersionPath, _admin: Admin, service: ServiceDependency
) -> Version:
    """One version of a section, whole."""
    return service.read(lambda connection: gateway_configuration.version_of(connection, gateway, section, version))


@router.post("/gateways/{gateway}/configuration/{section}/undo", responses=_CHANGES)
async def undo_section(
    gateway: GatewayId, section: SectionKey, admin: Admin, service: ServiceDependency, wanted: ConfigurationUndo, dry_run: DryRun = False
) -> ConfigurationChange:
    """An older version of one section once more, as a new one; the others stay."""
    act = service.act(admin, wanted.reason)

    def parts(connection: Connection) -> dict[str, Any]:
        return {section: gateway_configuration.restored(connection, gateway, section, wanted.version)}

    return await _answer(service, act, gateway, parts, wanted.removes, dry_run)


async def _answer(service: Service, act: Act, gateway: str, parts: _Parts, removes: list[str], dry_run: bool) -> ConfigurationChange:
    def preview(connection: Connection) -> tuple[None, ConfigurationDifference]:
        return None, gateway_configuration.preview(connection, gateway, parts(connection))

    def change(connection: Connection) -> tuple[int, ConfigurationDifference]:
        return gateway_configuration.change(connection, act, service.signing_key, gateway, parts(connection), removes)

    if dry_run:
        version, changed = await run_in_threadpool(service.read, preview)
    else:
        version, changed = await service.write(change)
        service.notify({gateway: version})
    return ConfigurationChange(version=version, difference=changed.difference, removes=changed.removes)
