# The messages, as a table; how a body is written, and how it is checked.
#
# A body is JSON in UTF-8. Whoever must not be lost is an *item*: hello, report, event and applied share one sequence per boot,
# are kept by each hop until the next has committed them, and are identified everywhere by (node, boot, seq). They travel as
# {"b": boot, "i": [item, ...]}, oldest first, at most MAX_ITEMS of them and of one type. Everything else may be lost and asked again.
#
# Every item: "q" sequence number, "s" uptime at its moment (a report: at the start of its period), and, when the node knew
# the time, "u" UTC of that moment with "e", the bound of its error. Unknown fields are kept by whoever passes a message on.

import json

from contract import values
from contract.errors import MessageError

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know this name
if TYPE_CHECKING:
    from typing import Any

HELLO = "hello"
REPORT = "report"
EVENT = "event"
APPLIED = "applied"
GET = "get"
LOG = "log"
GONE = "gone"
ACK = "ack"
TIME = "time"
CONFIG = "config"
DO = "do"

ITEM_TYPES = (HELLO, REPORT, EVENT, APPLIED)
UP_TYPES = ITEM_TYPES + (GET, LOG, GONE)
DOWN_TYPES = (ACK, TIME, CONFIG, DO)

MAX_MESSAGE_BYTES = 8192
MAX_ITEMS = 20
MAX_SEQ = values.MAX_SEQ
MAX_TEXT = values.MAX_TEXT
MAX_MS = values.MAX_INT

is_boot = values.is_boot

# Shapes: "int" least..greatest; "text" of least..greatest characters; "boot"; "bool"; "object"; lists of least..greatest
# "channels", "parts", "texts" or "ranges". "?" behind a key marks one that may be absent. What the keys mean: meanings.py.
# type: rows of (key, shape, least, greatest); of an item for the item types (fields.py), of the whole body for the others
DOWN_FIELDS = {
    ACK: (("b", "boot", 0, 0), ("r", "ranges", 0, 64)),
    TIME: (("b", "boot", 0, 0), ("k", "text", 1, 32), ("u", "int", 0, MAX_MS), ("e", "int", 0, MAX_MS)),
    CONFIG: (("v", "int", 1, MAX_SEQ), ("set", "object", 0, 0)),
    DO: (("b", "boot", 0, 0), ("k", "int", 1, MAX_SEQ), ("w", "text", 1, 20), ("p", "int", 1000, 900000), ("d", "int", 1000, 86400000)),
}


def write(body: "dict[str, Any]") -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def read(kind: str, body: bytes) -> "dict[str, Any]":
    """The checked body of a message of this type. Raises MessageError naming the first path that is wrong.

    JSON of MicroPython is lenient (it takes an object that does not end): unseal first, on both runtimes.
    """
    if len(body) > MAX_MESSAGE_BYTES:
        raise MessageError("$", "longer than %d bytes" % MAX_MESSAGE_BYTES)
    if kind not in UP_TYPES and kind not in DOWN_TYPES:
        raise MessageError("$", "unknown type")
    try:
        fields = json.loads(str(body, "utf-8"))  # of bytes, CPython would guess UTF-16 as well
    except (ValueError, RuntimeError):  # RuntimeError: nested beyond the interpreter's stack
        raise MessageError("$", "not JSON")
    if not isinstance(fields, dict):
        raise MessageError("$", "not an object")
    if kind in ITEM_TYPES:
        _check_items(kind, fields)
    else:
        check_fields(kind, fields, "$")
    return fields


def _check_items(kind: str, fields: "dict[str, Any]") -> None:
    if not is_boot(fields.get("b")):
        raise MessageError("$.b", "not a boot id")
    items = fields.get("i")
    if not isinstance(items, list) or not 1 <= len(items) <= MAX_ITEMS:
        raise MessageError("$.i", "not a list of 1 to %d" % MAX_ITEMS)
    for index, item in enumerate(items):
        path = "$.i[%d]" % index
        if not isinstance(item, dict):
            raise MessageError(path, "not an object")
        check_fields(kind, item, path)
    _check_unknown(fields, ("b", "i"), "$")


def check_fields(kind: str, fields: "dict[str, Any]", path: str) -> None:
    """Raises MessageError when the fields do not have the shape of one item or body of this type."""
    known = []
    rows, fault = _checks(kind)
    for key, shape, least, greatest in rows:
        optional = key[-1] == "?"
        if optional:
            key = key[:-1]
        known.append(key)
        if key in fields:
            found = fault(shape, least, greatest, fields[key])
            if found:
                raise MessageError(path + "." + key + found[0], found[1])
        elif not optional:
            raise MessageError(path + "." + key, "missing")
    if kind in ITEM_TYPES and ("u" in fields) != ("e" in fields):
        raise MessageError(path + ".u", "u and e come together")
    _check_unknown(fields, known, path)


def _checks(kind: str) -> "tuple[Any, Any]":
    if kind in DOWN_TYPES:
        return DOWN_FIELDS[kind], values.fault
    from contract import fields, shapes  # here: a node never reads what it writes, and has no room for the tables

    return fields.FIELDS[kind], shapes.fault


def _check_unknown(fields: "dict[str, Any]", known: "list[str] | tuple[str, ...]", path: str) -> None:
    found = values.free_fault({key: fields[key] for key in fields if key not in known}, 0)
    if found:
        raise MessageError(path + found[0], found[1])
