"""The one decoder of what is signed: bytes that two readers could understand differently are no document."""

import json
from typing import Any


def decode(text: bytes) -> Any:
    """JSON in UTF-8 without a byte order mark, with no key twice in one object. Raises ValueError, naming what is wrong."""
    try:
        return json.loads(text.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_constant)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"a key twice: {next(key for key in keys if keys.count(key) > 1)!r}")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
