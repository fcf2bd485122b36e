"""Fields that several requests have, and the form of every request: strict; nothing is converted, nothing unknown is passed over."""

from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from contract.site import device_api
from contract.site.calibrations import MAX_CALIBRATIONS
from contract.site.desired_nodes import MAX_NODES
from contract.site.rules import MAX_RULES
from contract.site.source_kinds import MAX_CHANNELS, MAX_SOURCES
from contract.values import MAX_INT, MAX_SEQ
from fleet.api.dependencies import ID_PATTERN
from fleet.devices.sensors import MOST_LIFE_DAYS
from fleet.people.audit import REASON_CHARACTERS

Id = Annotated[str, Field(pattern=ID_PATTERN)]
Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Reason = Annotated[str, Field(max_length=REASON_CHARACTERS, pattern=r"^[^\x00]*$")]
# In the query of a request that has no body, or none for words.
ReasonQuery = Annotated[
    str, Query(min_length=1, max_length=REASON_CHARACTERS, pattern=r"^[^\x00]*$", description="why, for the record of changes")
]
Text = Annotated[str, Field(max_length=device_api.MAX_TEXT_CHARACTERS)]

# Of a list by name.
Limit = Annotated[int, Query(ge=1, le=1000, description="entries of one page")]
NameCursor = Annotated[str | None, Query(pattern=ID_PATTERN, description="`next` of the page before")]


DryRun = Annotated[bool, Query(description="answers what would change, and changes nothing")]
Cursor = Annotated[str | None, Query(max_length=40, description="`next` of the page before")]
NumberCursor = Annotated[str | None, Query(pattern="^[0-9]{1,15}$", description="`next` of the page before")]
HistoryLimit = Annotated[int, Query(ge=1, le=100)]
VersionPath = Annotated[int, Path(ge=0, le=MAX_SEQ)]

# Of what one change takes away: all that a gateway can have.
MAX_REMOVED = MAX_CALIBRATIONS + MAX_RULES + MAX_SOURCES * MAX_CHANNELS + MAX_NODES


def whole(value: object) -> object:
    """To JSON Schema 1.0 is an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Ms = Annotated[int, Field(ge=0, le=MAX_INT), BeforeValidator(whole)]
Count = Ms
Version = Annotated[int, Field(ge=0, le=MAX_SEQ), BeforeValidator(whole)]
# With limits of its own: of limits around those of Ms, only one pair would be in the description, and both be judged.
LifeDays = Annotated[int, Field(ge=1, le=MOST_LIFE_DAYS), BeforeValidator(whole)]


def example(**fields: Any) -> ConfigDict:
    """What OpenAPI shows of a request."""
    return examples(fields)


def examples(*bodies: dict[str, Any]) -> ConfigDict:
    """Of a request that has several uses, the usual one first."""
    return ConfigDict(json_schema_extra={"examples": list(bodies)})


class Request(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class Explained(Request):
    """reason: why, for the record of changes, where that is more than the request itself says."""

    reason: Reason = ""


class Reasoned(Request):
    """reason: why, for the record of changes."""

    reason: Annotated[Reason, Field(min_length=1)]

    def named(self) -> dict[str, Any]:
        """Every other field that has a value."""
        return self.model_dump(exclude={"reason"}, exclude_none=True)


class Removing(Reasoned):
    """removes: what the change takes away, word for word as an answer with 409 or a dry run names it: sensors, instruments, rules,
    calibrations. Without it nothing of these is taken away."""

    removes: Annotated[list[Line], Field(max_length=MAX_REMOVED)] = []


class Retirement(Reasoned):
    model_config = example(reason="taken down for the new road")
