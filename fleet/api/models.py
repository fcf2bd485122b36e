"""Bodies of requests and answers that are not a read model of their own. Requests are strict: nothing is converted, nothing unknown
is passed over."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from contract.values import MAX_INT, MAX_SEQ
from fleet.api.dependencies import ID_PATTERN
from fleet.configuration.gateway_configuration import Revision
from fleet.devices.gateway_reports import GatewayReport, State

Id = Annotated[str, Field(pattern=ID_PATTERN)]
Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Reason = Annotated[str, Field(max_length=1000, pattern=r"^[^\x00]*$")]
Text = Annotated[str, Field(max_length=1000)]


def _whole(value: object) -> object:
    # To JSON Schema 1.0 is an integer.
    return int(value) if isinstance(value, float) and value.is_integer() else value


Ms = Annotated[int, Field(ge=0, le=MAX_INT), BeforeValidator(_whole)]
Count = Ms
Version = Annotated[int, Field(ge=0, le=MAX_SEQ), BeforeValidator(_whole)]


class _Request(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class EnrolRequest(_Request):
    code: Annotated[str, Field(min_length=1, max_length=64)]


class ConfigurationKey(BaseModel):
    """ed25519: the public key, 32 bytes as hex."""

    id: str
    ed25519: str


class Enrolment(BaseModel):
    gateway: str
    token: str
    config_keys: list[ConfigurationKey]
    utc_ms: int


class NewToken(BaseModel):
    token: str
    utc_ms: int


class IngestResult(BaseModel):
    """status: accepted, duplicate or refused; with refused a reason, and with bad_item a detail."""

    status: str
    reason: str | None = None
    detail: str | None = None


class IngestAnswer(BaseModel):
    """results: one for each item, in order. dropped: how many dropped ranges were told; one that is none, or of
    a node of somebody else, is counted as refused (bad_tombstone) and need not be told again."""

    results: list[IngestResult]
    dropped: int
    utc_ms: int


class DesiredAnswer(BaseModel):
    """signature: hex Ed25519 of the configuration key over the canonical bytes of the document."""

    document: dict[str, Any]
    key_id: str
    signature: str


class ReportedRequest(_Request):
    """state: of that version. in_force: the version that the gateway runs on."""

    version: Version
    ok: bool
    state: State | None = None
    in_force: Version | None = None
    faults: Annotated[list[Text], Field(max_length=200)] = []
    # (pydantic leaves a name that does not match open in its schema, but refuses it)
    counters: Annotated[dict[Line, Count], Field(max_length=500, json_schema_extra={"additionalProperties": False})] = {}


class LogLineRequest(_Request):
    at_ms: Ms
    node: Id | None = None
    level: Annotated[str, Field(pattern="^[A-Za-z]{1,10}$")]
    text: Text


class LogsRequest(_Request):
    lines: Annotated[list[LogLineRequest], Field(max_length=1000)]


class SiteRequest(_Request):
    id: Id
    name: Line
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]


class GatewayRequest(_Request):
    id: Id
    site: Id


class EnrolmentCode(BaseModel):
    """enrolment_code: shown this once."""

    id: str
    enrolment_code: str
    expires_ms: int


class NodeRequest(_Request):
    """key: as provisioned on the node, 32 bytes as hex; made here when absent."""

    id: Id
    gateway: Id
    site: Id
    key: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    settings: dict[str, Any] | None = None


class NodeKey(BaseModel):
    """key: shown this once."""

    id: str
    key: str


class SettingsRequest(_Request):
    """settings: whole, not a difference; what it does not name has its default."""

    settings: dict[str, Any]
    reason: Annotated[Reason, Field(min_length=1)]


class SettingsVersion(BaseModel):
    version: int


class ConfigurationRequest(_Request):
    """Each part whole, not a difference; a part that is not named stays as it is."""

    rules: list[Any] | None = None
    calibrations: list[Any] | None = None
    sources: list[Any] | None = None
    settings: dict[str, Any] | None = None
    reason: Annotated[Reason, Field(min_length=1)]

    def parts(self) -> dict[str, Any]:
        named = {"rules": self.rules, "calibrations": self.calibrations, "sources": self.sources, "settings": self.settings}
        return {part: value for part, value in named.items() if value is not None}


class DocumentVersion(BaseModel):
    """version: of the gateway's desired document."""

    version: int


class ConfigurationAnswer(BaseModel):
    """version: of the desired document that carries it; reported: what the gateway says of the one that it was given last."""

    version: int
    rules: Revision
    calibrations: Revision
    sources: Revision
    settings: Revision
    reported: GatewayReport | None


class ItemTime(BaseModel):
    """original: by bounds, where a later anchor repaired the time."""

    how: str
    start_ms: int
    error_ms: int
    original: "ItemTime | None" = None


class ItemPosition(BaseModel):
    """A place and how it is known (degrees * 10^7, WGS 84), or only `why` there is none."""

    lat_e7: int | None = None
    lon_e7: int | None = None
    speed_mm_s: int | None = None
    fix: str | None = None
    hdop_x100: int | None = None
    age_ms: int | None = None
    why: str | None = None


class ItemAnswer(BaseModel):
    """body: the item exactly as the node wrote it. position: of items of mobile sites."""

    boot: str
    seq: int
    kind: str
    uptime_ms: int
    arrived_ms: int
    received_ms: int
    time: ItemTime
    body: dict[str, Any]
    position: ItemPosition | None = None


class NextItem(BaseModel):
    boot: str
    from_seq: int


class ItemsAnswer(BaseModel):
    items: list[ItemAnswer]
    next: NextItem | None


class Health(BaseModel):
    status: str
