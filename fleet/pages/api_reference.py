"""What the page /docs shows of the API, made of its OpenAPI description: groups, routes, parameters, one example of each. Pure."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract.site import device_api
from contract.site import device_api_keys as keys

Schema = Mapping[str, Any]

_MOMENT_MS = 1_795_845_600_000
_DURATIONS = ("duration_ms", "step_ms", "period_ms", "span_ms")
_MOMENT = "2026-11-28T14:00:00.000+08:00"
# Values of parameters in examples, where the description has none of its own.
EXAMPLES = {
    "node": "n-0001", "gateway": "gw-east", "site": "east-gate", "quantity": "pm2_5_atm", "sha256": "0" * 64, "name": "gateway-1.2.0.bin",
    "boot": "00000001a1b2c3d4", "kind": "dropped", "rule": "pm25-high", "severity": "alarm", "state": "open", "who": "anna",
    "section": "rules", "version": 1, "reason": "stolen", "code": "K7QF-2M9X-4TRD", "enrolment_code": "K7QF-2M9X-4TRD",
    "sensor": "sps30-17", "slot": 0, "photo": 1, "job": 1, "alarm": 1, "assignee": "li.na",
    "area": "510100", "longitude": 104.08, "latitude": 30.66,
}  # fmt: skip
# Whose id a model has, and what its name is: by how the model is called.
_OF_MODEL: dict[str, dict[str, Any]] = {
    "Site": {"id": EXAMPLES["site"], "name": "East Gate"}, "Gateway": {"id": EXAMPLES["gateway"]}, "Enrolment": {"id": EXAMPLES["gateway"]},
    "Area": {"id": EXAMPLES["area"]}, "Sensor": {"id": EXAMPLES["sensor"]}, "Node": {"id": EXAMPLES["node"]},
    "ConfigurationKey": {"id": "0f3a9c52"},
}  # fmt: skip
_PLACE = {"latitude": 30.66, "longitude": 104.08}
_OLD = {"area": "510100001", "site": "old-gate", "gateway": "gw-old", "node": "n-0009", "sensor": "pms-9"}
_FILE = EXAMPLES["name"]
# What is sent, or comes, as a file: by its type.
_FILES = {"application/octet-stream": _FILE, "application/zip": "district.zip", "image/png": "gate.png", "image/jpeg": "gate.jpg"}
_DEPTH = 6
# Of one pixel.
_SMALL_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCB2kUIOwAAAABJRU5ErkJggg=="


def _command(method: str, path: str, fields: dict[str, Any], more: str = '-H "Authorization: Bearer $TOKEN" ') -> str:
    body = shlex.quote(json.dumps(fields, ensure_ascii=False)).replace("$CODE", "'\"$CODE\"'")
    return f"curl -sS -X {method} {more}-H 'Content-Type: application/json' -d {body} \"$FLEET{path}\""


def _made(kind: str, **fields: Any) -> str:
    return _command("POST", f"/api/v1/{kind}", fields)


# Examples after which the others would not work, or which need more than those before them: (what they name in path and query, the commands
# that come first). The examples of the page can be pasted one after the other.
_OWN: dict[tuple[str, str], tuple[dict[str, str], list[str]]] = {
    ("post", "/api/v1/areas/{area}/retirement"): (
        _OLD,
        [_made("areas", id=_OLD["area"], level="township", parent=EXAMPLES["area"], name_zh="旧镇", name_en="Old Town")],
    ),
    ("post", "/api/v1/district.zip"): ({"reason": "the+plan+of+the+grid"}, []),
    ("post", "/api/v1/sites/{site}/retirement"): (_OLD, [_made("sites", id=_OLD["site"], name="Old Gate", **_PLACE)]),
    ("patch", "/api/v1/gateways/{gateway}"): ({}, [_made("sites", id="west-gate", name="West Gate", **_PLACE)]),
    ("post", "/api/v1/gateways/{gateway}/retirement"): (_OLD, [_made("gateways", id=_OLD["gateway"], site=EXAMPLES["site"])]),
    ("delete", "/api/v1/tokens/{token}"): ({"token": "old-board"}, [_made("tokens", name="old-board", role="viewer")]),
    # A gateway that has a token.
    ("delete", "/api/v1/gateways/{gateway}/token"): (
        {"gateway": "gw-lost"},
        [
            f"CODE=$({_made('gateways', id='gw-lost', site=EXAMPLES['site'])} | sed -n 's/.*\"enrolment_code\":\"\\([^\"]*\\)\".*/\\1/p')",
            _command("POST", device_api.PREFIX + device_api.ENROL, {keys.CODE: "$CODE"}, ""),
        ],
    ),
    ("patch", "/api/v1/nodes/{node}"): ({}, [_made("gateways", id="gw-west", site="west-gate")]),
    ("post", "/api/v1/nodes/{node}/retirement"): (
        _OLD, [_made("nodes", id=_OLD["node"], gateway=EXAMPLES["gateway"], site=EXAMPLES["site"])],
    ),
    ("post", "/api/v1/sensors/{sensor}/retirement"): (_OLD, [_made("sensors", id=_OLD["sensor"], model="pms5003")]),
    ("post", "/api/v1/photos"): ({"reason": "the+new+mast"}, [f"printf %s {_SMALL_PNG} | base64 -d > gate.png"]),
    # The hour that it is now, with all that was changed until now.
    ("get", "/api/v1/sites/{site}/explain"): ({"from_ms": "$(($(date +%s)+1))000", "step_ms": "3600000"}, []),
    ("post", "/api/v1/artifacts"): ({}, [f"printf 'a release' > {_FILE}"]),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    where: str
    required: bool
    allowed: str
    description: str


@dataclass(frozen=True, slots=True)
class Route:
    """curl: a command to be pasted, with $TOKEN and $FLEET. answer: what comes, as JSON; "" where nothing does."""

    method: str
    path: str
    anchor: str
    summary: str
    description: str
    parameters: list[Parameter]
    curl: str
    status: str
    answer: str
    problems: list[str]


def groups(description: Schema, answers: Schema) -> dict[str, list[Route]]:
    """By the tag of the routes, in the order of the description; those of the device API last. answers: to the examples, by method and
    path; of others a sample is shown."""
    found: dict[str, list[Route]] = {}
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            found.setdefault(operation.get("tags", ["health"])[0], []).append(_route(method, path, operation, description, answers))
    return dict(sorted(found.items(), key=lambda group: group[0] in ("device", "health")))


def _route(method: str, path: str, operation: Schema, whole: Schema, recorded: Schema) -> Route:
    parameters = [_parameter(one) for one in operation.get("parameters", [])]
    answers = operation["responses"]
    status = next(code for code in answers if code.startswith("2"))
    given = recorded.get(f"{method.upper()} {path}")
    answer = _content(answers[status].get("content", {}), whole) if given is None else json.dumps(given, ensure_ascii=False, indent=2)
    return Route(
        method.upper(), path, f"{method}-{path.strip('/').replace('/', '-')}".replace("{", "").replace("}", ""), operation["summary"],
        operation.get("description", ""), parameters, _curl(method, path, operation, whole), status, answer,
        [f"{code}: {one['description']}" for code, one in answers.items() if not code.startswith("2")],
    )  # fmt: skip


def _parameter(one: Schema) -> Parameter:
    return Parameter(one["name"], one["in"], one.get("required", False), allowed_of(one["schema"]), one.get("description", ""))


def allowed_of(schema: Schema) -> str:
    """In words: type, limits, choices."""
    real = next((one for one in schema.get("anyOf", ()) if one.get("type") != "null"), schema)
    if "enum" in real:
        return "one of " + ", ".join(map(str, real["enum"]))
    said = [{"integer": "whole number", "boolean": "true or false", "string": "text"}.get(real.get("type", ""), real.get("type", ""))]
    for key, words in (("minimum", "at least"), ("maximum", "at most"), ("maxLength", "characters at most"), ("pattern", "matches")):
        if key in real:
            said.append(f"{words} {real[key]}")
    if schema.get("default") is not None:
        said.append(f"default {json.dumps(schema['default'])}")
    return ", ".join(filter(None, said))


def _curl(method: str, path: str, operation: Schema, whole: Schema) -> str:
    own, first = _OWN.get((method, path), ({}, []))
    filled, query = path, []
    for one in operation.get("parameters", []):
        value = own.get(one["name"]) or _parameter_example(one)
        if one["in"] == "path":
            filled = filled.replace("{" + one["name"] + "}", str(value))
        elif one["in"] == "query" and (one.get("required") or one["name"] in own):
            query.append(f"{one['name']}={value}")
    address = f'"$FLEET{filled}{"?" + "&".join(query) if query else ""}"'
    words = ["curl -sS"]
    if method != "get":
        words.append(f"-X {method.upper()}")
    if operation.get("security"):
        words.append('-H "Authorization: Bearer $TOKEN"')
    body = operation.get("requestBody", {}).get("content", {})
    if "application/json" in body:
        example = json.dumps(sample(body["application/json"]["schema"], whole), ensure_ascii=False)
        words += ["-H 'Content-Type: application/json'", "-d " + shlex.quote(example)]
    elif body:
        words.append(f"--data-binary @{_FILES[next(iter(body))]}")
    elif file := next((_FILES[kind] for kind in operation["responses"].get("200", {}).get("content", {}) if kind in _FILES), None):
        words.append(f"-o {file}")
    return "\n".join([*first, " ".join([*words, address])])


def _parameter_example(one: Schema) -> object:
    return one.get("example") or next(iter(one["schema"].get("examples", [])), None) or EXAMPLES.get(one["name"], "1")


def _content(content: Schema, whole: Schema) -> str:
    if "application/json" in content:
        return json.dumps(sample(content["application/json"].get("schema", {}), whole), ensure_ascii=False, indent=2)
    return ", ".join(content)


def sample(schema: Schema, whole: Schema, name: str = "", depth: int = _DEPTH) -> Any:
    """A value of the schema: its own example where it has one."""
    if "$ref" in schema:
        return sample(whole["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], whole, name, depth)
    if schema.get("examples"):
        return schema["examples"][0]
    if "anyOf" in schema:
        real = [one for one in schema["anyOf"] if one.get("type") != "null"]
        return sample(real[0], whole, name, depth) if real and depth > 2 else None
    if "enum" in schema or "const" in schema:
        return schema.get("const", next(iter(schema.get("enum", ())), None))
    kind = schema.get("type")
    if kind == "object":
        properties = schema.get("properties", {})
        known = next((fields for start, fields in _OF_MODEL.items() if schema.get("title", "").startswith(start)), {})
        return {key: known.get(key) or sample(one, whole, key, depth - 1) for key, one in properties.items()}
    if kind == "array":
        return [sample(schema["items"], whole, name, depth - 1)] if depth > 1 and schema.get("items") else []
    return _plain(kind, name, schema)


def _plain(kind: str | None, name: str, schema: Schema) -> Any:
    if kind == "integer":
        return (60_000 if name in _DURATIONS else _MOMENT_MS) if name.endswith("_ms") else max(1, schema.get("minimum", 1))
    if kind == "number":
        return {"latitude": 30.66, "longitude": 104.08}.get(name, 12.3)
    if kind == "boolean":
        return False
    if kind == "string":
        if schema.get("format") == "date-time":
            return _MOMENT
        return EXAMPLES.get(name, "text" if name in ("", "text", "detail", "reason", "title") else name)
    return None
