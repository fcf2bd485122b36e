# One value, one sequence of bytes: what is signed. JSON without spaces, keys sorted by their UTF-8 bytes, text as UTF-8 with
# only quote, backslash and control characters escaped, integers only. A float has no canonical form here: scale it.

from contract.site.errors import CanonicalError

_ESCAPES = {'"': '\\"', "\\": "\\\\"}
MAX_DEPTH = 16


def canonical_bytes(value: object) -> bytes:
    """Raises CanonicalError, naming the path, on floats, foreign types, keys that are not text, text that UTF-8 cannot say,
    and nesting beyond 16."""
    parts: "list[str]" = []
    _write(value, parts, (), 0)
    return "".join(parts).encode()


def _write(value: object, parts: "list[str]", path: "tuple[str | int, ...]", depth: int) -> None:
    if depth > MAX_DEPTH:
        raise CanonicalError(path, "nested at most %d deep" % MAX_DEPTH, value)
    if value is None:
        parts.append("null")
    elif value is True:
        parts.append("true")
    elif value is False:
        parts.append("false")
    elif isinstance(value, int):
        parts.append(str(value))
    elif isinstance(value, str):
        _write_text(value, parts, path)
    elif isinstance(value, (list, tuple)):
        _write_list(value, parts, path, depth)
    elif isinstance(value, dict):
        _write_object(value, parts, path, depth)
    else:
        raise CanonicalError(path, "an integer, text, true, false, null, a list or an object; not %s" % type(value).__name__, value)


def _write_text(text: str, parts: "list[str]", path: "tuple[str | int, ...]") -> None:
    parts.append('"')
    for character in text:
        if ord(character) < 0x20:
            parts.append("\\u%04x" % ord(character))
        elif 0xD800 <= ord(character) <= 0xDFFF:
            raise CanonicalError(path, "Unicode text: no half of a surrogate pair", text)
        else:
            parts.append(_ESCAPES.get(character, character))
    parts.append('"')


def _write_list(items: "list[object] | tuple[object, ...]", parts: "list[str]", path: "tuple[str | int, ...]", depth: int) -> None:
    parts.append("[")
    for index, item in enumerate(items):
        if index:
            parts.append(",")
        _write(item, parts, path + (index,), depth + 1)
    parts.append("]")


def _write_object(fields: "dict[str, object]", parts: "list[str]", path: "tuple[str | int, ...]", depth: int) -> None:
    for key in fields:
        if not isinstance(key, str):
            raise CanonicalError(path, "keys that are text", key)
    parts.append("{")
    for index, key in enumerate(sorted(fields)):  # the order of code points is the order of their UTF-8 bytes
        if index:
            parts.append(",")
        _write_text(key, parts, path)
        parts.append(":")
        _write(fields[key], parts, path + (key,), depth + 1)
    parts.append("}")
