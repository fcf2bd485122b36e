"""What OpenAPI describes beside the models: the problems a route may answer with, and bodies that are not read through a model."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from contract.site import device_api
from fleet.http.moment_texts import with_text_properties

Responses = dict[int | str, dict[str, Any]]

_PROBLEMS = {
    400: "not readable: not JSON, cut short, a wrong Content-Encoding",
    401: "no token, or one that is not valid",
    403: "the role of who asks is too small; of an enrolment: the code is wrong, used or expired",
    404: "nothing of that name, or nothing that lies in the area of who asks",
    409: "what is there does not allow it: the name is taken, it is retired, others use it, it would remove a sensor",
    412: "it is at another version than If-Match names",
    413: "larger than allowed",
    416: "nothing of the range lies within the artifact",
    422: "readable, with faults; every fault is named",
    429: "too many requests; Retry-After gives the seconds to wait",
    503: "too much is waiting, the answer would take too long, the store is away, or a new version is on trial; "
    "Retry-After gives the seconds to wait",
    507: "no room for another artifact",
}


class Fault(BaseModel):
    """path: of the field, such as rules[2].hold_s. value: what was given there, as JSON, shortened; null when nothing was."""

    path: str
    value: str | None
    allowed: str


class Problem(BaseModel):
    """RFC 9457. request_id: names the request in the log of the service. faults: all that is wrong with it. nearest: of a path that there
    is not, those most like it. removes: what a change would take away, to be repeated in it where that is meant."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str | None = None
    faults: list[Fault] | None = None
    nearest: list[str] | None = None
    removes: list[str] | None = None


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
            _add_moment_texts(schema)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _add_moment_texts(schema: dict[str, Any]) -> None:
    # What AdminRoute adds to answers, which is no part of the models.
    components = schema["components"]["schemas"]
    names: set[str] = set()
    for path, operations in schema["paths"].items():
        if path.startswith("/api/v1/"):
            for operation in operations.values():
                _collect(operation["responses"].get("200", operation["responses"].get("201", {})), components, names)
    for name in names:
        with_text_properties(components[name])


def _collect(part: Any, components: dict[str, Any], names: set[str]) -> None:
    if isinstance(part, list):
        for one in part:
            _collect(one, components, names)
    elif isinstance(part, dict):
        name = str(part.get("$ref", "")).removeprefix("#/components/schemas/")
        if name and name not in names:
            names.add(name)
            _collect(components[name], components, names)
        for one in part.values():
            _collect(one, components, names)


def _schemas(model: type[BaseModel]) -> dict[str, Any]:
    whole = model.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**whole.pop("$defs", {}), model.__name__: whole}
