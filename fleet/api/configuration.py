"""What is wanted of a gateway beside its nodes, and what it reports of it."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, Field, create_model
from sqlalchemy import Connection

from contract.site import sections
from fleet.api.admin_route import admin_router
from fleet.api.dependencies import Admin, GatewayId, ServiceDependency
from fleet.api.fields import Reason, Request, example
from fleet.configuration import gateway_configuration
from fleet.configuration.gateway_configuration import Revision
from fleet.devices import gateway_reports
from fleet.devices.gateway_reports import GatewayReport
from fleet.devices.gateways import desired_versions
from fleet.http.openapi import problems

router = admin_router("gateways", 404)


# One field for each section that people write (contract/site/sections.py).
if TYPE_CHECKING:
    _WantedSections = Request
    _SectionRevisions = BaseModel
else:
    _FORMS = {list: list[Any], dict: dict[str, Any]}
    _WRITTEN = sections.by_people()
    _WantedSections = create_model(
        "WantedSections", __base__=Request, **{key: (_FORMS[type(one.empty)] | None, None) for key, one in _WRITTEN.items()}
    )
    _SectionRevisions = create_model("SectionRevisions", **{key: (Revision, ...) for key in _WRITTEN})


class ConfigurationRequest(_WantedSections):
    """Each section whole, not a difference; a section that is not named stays as it is."""

    model_config = example(settings={"trial_s": 600}, reason="a slow line")

    reason: Annotated[Reason, Field(min_length=1)]

    def parts(self) -> dict[str, Any]:
        named = {key: getattr(self, key) for key in sections.by_people()}
        return {key: value for key, value in named.items() if value is not None}


class DocumentVersion(BaseModel):
    """version: of the gateway's desired document."""

    version: int


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


@router.put("/gateways/{gateway}/configuration", responses=problems(400, 409, 413))
async def change_configuration(
    gateway: GatewayId, admin: Admin, service: ServiceDependency, wanted: ConfigurationRequest
) -> DocumentVersion:
    """Sent to the gateway, which keeps it only after it has proved itself there, and otherwise returns to the version before."""
    act = service.act(admin, wanted.reason)
    version = await service.write(
        lambda connection: gateway_configuration.change(connection, act, service.signing_key, gateway, wanted.parts())
    )
    service.notify({gateway: version})
    return DocumentVersion(version=version)
