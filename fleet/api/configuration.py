"""What is wanted of a gateway beside its nodes, its history, one step back, and what the gateway reports of it."""

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path, Response
from pydantic import BaseModel, create_model
from sqlalchemy import Connection

from contract.site import sections
from fleet.api import changing
from fleet.api.admin_route import admin_router
from fleet.api.changing import CHANGES, ChangeAnswer, IfMatch, Undo, confirmed, tagged
from fleet.api.dependencies import Configures, GatewayId, Reads, ServiceDependency
from fleet.api.fields import Cursor, DryRun, HistoryLimit, Removing, VersionPath, example
from fleet.configuration import gateway_configuration, history
from fleet.configuration.changing import Confirmed
from fleet.configuration.gateway_configuration import Make, Parts
from fleet.configuration.history import History, Version
from fleet.devices import gateway_reports
from fleet.devices.gateway_reports import GatewayReport
from fleet.devices.gateways import desired_versions
from fleet.people.audit import Act
from fleet.service import Service

SectionKey = Annotated[str, Path(json_schema_extra={"enum": list(sections.by_people())}, pattern=f"^({'|'.join(sections.by_people())})$")]

router = admin_router("gateways", 404)

# One field for each section that people write (contract/site/sections.py).
if TYPE_CHECKING:
    _WantedSections = Removing
    _PatchedSections = Removing
    _SectionRevisions = BaseModel
else:
    _FORMS = {list: list[Any], dict: dict[str, Any]}
    _WRITTEN = sections.by_people()
    _WantedSections = create_model(
        "WantedSections", __base__=Removing, **{key: (_FORMS[type(one.empty)] | None, None) for key, one in _WRITTEN.items()}
    )
    _PatchedSections = create_model(
        "PatchedSections",
        __base__=Removing,
        **{key: (dict[str, Any] | list[Any] | None if one.named_by else dict[str, Any] | None, None) for key, one in _WRITTEN.items()},
    )
    _SectionRevisions = create_model("SectionRevisions", **{key: (Version, ...) for key in _WRITTEN})


class ConfigurationRequest(_WantedSections):
    """Each section whole, not a difference; a section that is not named stays as it is."""

    model_config = example(
        settings={"trial_s": 600},
        rules=[
            {
                "id": "pm25-high", "version": 1, "kind": "level", "quantity": "pm2_5_atm", "slot": 0, "raise": 150, "clear": 75,
                "window_s": 60, "least_share": 50, "severity": "alarm", "outputs": [],
            }
        ],
        reason="a slow line, and an alarm of dust",
    )  # fmt: skip

    def parts(self) -> dict[str, Any]:
        named = {key: getattr(self, key) for key in sections.by_people()}
        return {key: value for key, value in named.items() if value is not None}


class ConfigurationPatch(_PatchedSections):
    """Of each section only what changes (JSON merge patch, RFC 7396): null takes the default, what is not named stays. Entries are named by
    their id, sources by their name: `{"rules": {"pm25-high": {"raise": 900}}}`; an entry that is null goes."""

    model_config = example(settings={"trial_s": 900}, rules={"pm25-high": {"raise": 250}}, reason="rang every night")

    def patch(self) -> dict[str, Any]:
        return {key: getattr(self, key) for key in sections.by_people() if key in self.model_fields_set}


class ConfigurationAnswer(_SectionRevisions):
    """version: of the desired document that carries it; reported: the gateway's answer to the one that it was given last."""

    version: int
    reported: GatewayReport | None


@router.get("/gateways/{gateway}/configuration")
def read_configuration(gateway: GatewayId, person: Reads, service: ServiceDependency, response: Response) -> ConfigurationAnswer:
    """What is wanted of the gateway beside its nodes, section by section, with who set it and why; and its last answer to that."""

    def read(connection: Connection) -> ConfigurationAnswer:
        parts = gateway_configuration.read(connection, gateway)
        version = desired_versions(connection, {gateway})[gateway]
        return ConfigurationAnswer(version=version, reported=gateway_reports.newest_report(connection, gateway), **parts)

    found = service.read(read)
    tagged(response, found.version)
    return found


@router.put("/gateways/{gateway}/configuration", responses=CHANGES)
async def change_configuration(
    gateway: GatewayId,
    person: Configures,
    service: ServiceDependency,
    wanted: ConfigurationRequest,
    dry_run: DryRun = False,
    if_match: IfMatch = None,
) -> ChangeAnswer:
    """Changes sections whole. Sent to the gateway, which keeps it only after it has proved itself there, and otherwise returns to the
    version before."""
    act, parts = service.act(person, wanted.reason), wanted.parts()
    return await _answer(service, act, gateway, lambda *_: parts, confirmed(wanted, if_match), dry_run)


@router.patch("/gateways/{gateway}/configuration", responses=CHANGES)
async def patch_configuration(
    gateway: GatewayId,
    person: Configures,
    service: ServiceDependency,
    wanted: ConfigurationPatch,
    dry_run: DryRun = False,
    if_match: IfMatch = None,
) -> ChangeAnswer:
    """Changes single entries of sections, and single keys of an entry; the rest stays."""
    act, patch = service.act(person, wanted.reason), wanted.patch()

    def make(_: Connection, values: Parts) -> Parts:
        return gateway_configuration.patched(values, patch)

    return await _answer(service, act, gateway, make, confirmed(wanted, if_match), dry_run)


@router.get("/gateways/{gateway}/configuration/{section}/history")
def list_section_versions(
    gateway: GatewayId, section: SectionKey, person: Reads, service: ServiceDependency, cursor: Cursor = None, limit: HistoryLimit = 20
) -> History:
    """Every version of a section, with who made it, when, why, and what it changed. The newest first."""
    return service.read(
        lambda connection: gateway_configuration.versions(connection, gateway, section).history(history.below(cursor), limit)
    )


@router.get("/gateways/{gateway}/configuration/{section}/history/{version}")
def read_section_version(
    gateway: GatewayId, section: SectionKey, version: VersionPath, person: Reads, service: ServiceDependency
) -> Version:
    """One version of a section, whole."""
    return service.read(lambda connection: gateway_configuration.versions(connection, gateway, section).whole(version))


@router.post("/gateways/{gateway}/configuration/{section}/undo", responses=CHANGES)
async def undo_section(
    gateway: GatewayId,
    section: SectionKey,
    person: Configures,
    service: ServiceDependency,
    wanted: Undo,
    dry_run: DryRun = False,
    if_match: IfMatch = None,
) -> ChangeAnswer:
    """An older version of one section once more, as a new one; the others stay."""
    act = service.act(person, wanted.reason)

    def make(connection: Connection, _: Parts) -> Parts:
        return {section: gateway_configuration.restored(connection, gateway, section, wanted.version)}

    return await _answer(service, act, gateway, make, confirmed(wanted, if_match), dry_run)


async def _answer(service: Service, act: Act, gateway: str, make: Make, wanted: Confirmed, dry_run: bool) -> ChangeAnswer:
    return await changing.answer(
        service,
        dry_run,
        lambda connection: gateway_configuration.preview(connection, gateway, make, wanted),
        lambda connection: gateway_configuration.change(connection, act, service.signing_key, gateway, make, wanted),
    )
