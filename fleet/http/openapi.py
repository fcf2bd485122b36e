"""What OpenAPI describes beside the models: the problems a route may answer with, and bodies that are not read through a model."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from contract.site import device_api

Responses = dict[int | str, dict[str, Any]]

_PROBLEMS = {
    400: "not readable: not JSON, cut short, a wrong Content-Encoding",
    401: "no token, or one that is not valid",
    403: "the enrolment code is wrong, used or expired",
    404: "nothing of that name",
    409: "what is there does not allow it: the name is taken, it is retired, others use it, it would remove a sensor",
    413: "larger than allowed",
    416: "nothing of the range lies within the artifact",
    422: "readable, with faults; every fault is named",
    429: "too many requests; Retry-After gives the seconds to wait",
    503: "too much is waiting to be written, or the store is away; Retry-After gives the seconds to wait",
    507: "no room for another artifact",
}


class Fault(BaseModel):
    """value: what was given, shortened; null when nothing was."""

    path: str
    value: str | None
    allowed: str


class Problem(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    faults: list[Fault] | None = None


def problems(*statuses: int) -> Responses:
    content = {device_api.PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _PROBLEMS[status], "content": content} for status in statuses}


def body(schema: dict[str, Any], media_type: str = "application/json") -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}


def install(app: FastAPI) -> None:
    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            schemas = schema.setdefault("components", {}).setdefault("schemas", {})
            schemas.update(_schemas(Problem))
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _schemas(model: type[BaseModel]) -> dict[str, Any]:
    whole = model.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**whole.pop("$defs", {}), model.__name__: whole}
