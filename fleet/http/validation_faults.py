"""What pydantic found wrong with a request, as faults in our words: where, what was given, what is allowed there. Pure.

A path is that of the field: of `body.name`, `query.limit` or `path.node` the last part, since no request has two of one name.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from contract.faults import MISSING, Fault
from fleet.http.names import no_such

Found = Mapping[str, Any]
_WHERE = ("body", "query", "path", "header")

# Patterns of this API -> what matches them, in words. A pattern that is not here is shown.
_PATTERNS = {
    "^[a-z0-9-]{1,32}$": "1 to 32 of a-z, 0-9 and -",
    "^[0-9a-f]{64}$": "64 hex digits, 0-9 and a-f",
    "^[0-9a-f]{16}$": "16 hex digits, 0-9 and a-f",
    "^[A-Za-z0-9._-]{1,200}$": "1 to 200 of A-Z, a-z, 0-9, dot, _ and -",
    r"^[0-9a-f]{16}\.[0-9]{1,10}$": "`next` of the page before, unchanged",
    "^[0-9]{1,15}$": "`next` of the page before, unchanged",
    '^"[0-9]{1,10}"$': 'the ETag that GET answered, with its quotes, such as "7"',
    "^[A-Za-z]{1,10}$": "1 to 10 letters",
    r"^[^\x00-\x1f\x7f]*$": "text without control characters",
    r"^[^\x00]*$": "text without NUL",
    r"^[^\x00]+$": "text without NUL",
    "^(notice|warning|alarm)$": "one of notice, warning, alarm",
}
# Type of pydantic's error -> what is allowed. With a %, a number or text of the error's context is put in.
_WORDS: dict[str, str | Callable[[Mapping[str, Any]], str]] = {
    "missing": "required",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of at most 16 digits",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "string_type": "text",
    "string_unicode": "text in UTF-8",
    "string_too_short": lambda c: f"text of at least {_counted(c['min_length'], 'character')}",
    "string_too_long": lambda c: f"text of at most {_counted(c['max_length'], 'character')}",
    "string_pattern_mismatch": lambda c: _PATTERNS.get(c["pattern"], f"text that matches {c['pattern']}"),
    "greater_than_equal": lambda c: f"at least {c['ge']}",
    "less_than_equal": lambda c: f"at most {c['le']}",
    "greater_than": lambda c: f"more than {c['gt']}",
    "less_than": lambda c: f"less than {c['lt']}",
    "literal_error": lambda c: "one of " + c["expected"].replace("'", "").replace(" or ", ", "),
    "enum": lambda c: "one of " + c["expected"].replace("'", "").replace(" or ", ", "),
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "dataclass_type": "an object",
    "too_long": lambda c: f"at most {_counted(c['max_length'], 'entry')}",
    "too_short": lambda c: f"at least {_counted(c['min_length'], 'entry')}",
    "none_required": "null, or left out",
    "value_error": lambda c: str(c["error"]),
}
# Of a type that nobody thought of: no words of the library reach people.
_OTHER = "another form of value"


def faults_of(found: Sequence[Found], body_schema: Mapping[str, Any]) -> list[Fault]:
    """body_schema: JSON Schema of the body, whole, with its $defs; {} of a request without."""
    return [_fault(one, body_schema) for one in found]


def json_fault(position: int, reason: str, body: str) -> Fault:
    """Where JSON breaks: line and column, from 1."""
    before = body[:position]
    line, column = before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1
    return Fault(("body",), f"JSON; at line {line}, column {column}: {_json_reason(reason)}", MISSING)


def _fault(found: Found, body_schema: Mapping[str, Any]) -> Fault:
    where, *rest = found["loc"]
    path = tuple(rest) if where in _WHERE else tuple(found["loc"])
    if found["type"] == "missing" and not path:
        return Fault(path, "an object of JSON, with " + ", ".join(_names_at(body_schema, ())), MISSING)
    if found["type"] == "missing":
        return Fault(path, "required", MISSING)
    if found["type"] == "extra_forbidden":
        return Fault(path, no_such(str(path[-1]), _names_at(body_schema, path[:-1])), found.get("input", MISSING))
    if isinstance(found.get("input"), bytes):
        return Fault(("body",), "JSON, with the header Content-Type: application/json", MISSING)
    words = _WORDS.get(found["type"], _OTHER)
    allowed = words if isinstance(words, str) else words(found.get("ctx", {}))
    return Fault(path, allowed, found.get("input", MISSING))


def _names_at(schema: Mapping[str, Any], path: Sequence[Any]) -> list[str]:
    definitions = schema.get("$defs", {})
    within = [schema]
    for step in path:
        within = [inner for one in within for inner in _inside(_alternatives(one, definitions), step)]
    return [name for one in within for alternative in _alternatives(one, definitions) for name in alternative.get("properties", {})]


def _alternatives(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if "$ref" in schema:
        return _alternatives(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions)
    if "anyOf" in schema:
        return [found for one in schema["anyOf"] for found in _alternatives(one, definitions)]
    return [schema]


def _inside(schemas: Sequence[Mapping[str, Any]], step: Any) -> list[Mapping[str, Any]]:
    if isinstance(step, int):
        return [one["items"] for one in schemas if isinstance(one.get("items"), dict)]
    return [one["properties"][step] for one in schemas if step in one.get("properties", {})]


def _counted(number: int, what: str) -> str:
    if number == 1:
        return f"1 {what}"
    return f"{number} {what[:-1]}ies" if what.endswith("y") else f"{number} {what}s"


def _json_reason(reason: str) -> str:
    # Those of the json module; its words are plain, but for these.
    return {
        "Expecting value": "a value is missing, or it is not one of JSON",
        "Expecting property name enclosed in double quotes": "a key in double quotes is missing",
        "Illegal trailing comma before end of object": "a comma before the closing brace",
        "Illegal trailing comma before end of array": "a comma before the closing bracket",
        "Extra data": "something follows the end",
    }.get(reason, reason[:1].lower() + reason[1:])
