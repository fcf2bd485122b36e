# The messages, as a table; how a body is written, and how it is checked.
#
# A body is JSON in UTF-8. What must not be lost is an *item*: hello, report, event and applied share one sequence per boot,
# are kept by each hop until the next has committed them, and are identified everywhere by (node, boot, seq). They travel as
# {"b": boot, "i": [item, ...]}, oldest first, at most MAX_ITEMS of them and of one type. Everything else may be lost and asked again.
#
# Every item: "q" sequence number, "s" uptime at its moment (a report: at the start of its period), and, when the node knew
# the time, "u" UTC of that moment with "e", the bound of its error. Unknown fields are kept when a message is passed on.

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
# Here are the types that a node reads; what it writes, which it does not check: site/node_messages.py.
# type: rows of (key, shape, least, greatest)
DOWN_FIELDS = {
    ACK: (("b", "boot", 0, 0), ("r", "ranges", 0, 64)),
    TIME: (("b", "boot", 0, 0), ("k", "text", 1, 32), ("u", "int", 0, values.MAX_UTC_MS), ("e", "int", 0, values.MAX_UTC_ERROR_MS)),
    CONFIG: (("v", "int", 1, MAX_SEQ), ("set", "object", 0, 0)),
    DO: (("b", "boot", 0, 0), ("k", "int", 1, MAX_SEQ), ("w", "text", 1, 20), ("p", "int", 1000, 900000), ("d", "int", 1000, 86400000)),
}


def write(body: "dict[str, Any]") -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def read(kind: str, body: bytes) -> "dict[str, Any]":
    """The checked body of a message to a node, of this type. Raises MessageError naming the first path that is wrong."""
    if kind not in DOWN_TYPES:
        raise MessageError((), "one of the types to a node")
    fields = parse(body)
    check(DOWN_FIELDS[kind], values.fault, fields, ())
    return fields


def parse(body: bytes) -> "dict[str, Any]":
    """The object that a body holds. Raises MessageError.

    JSON of MicroPython is lenient (it takes an object that does not end): unseal first, on both runtimes.
    """
    if len(body) > MAX_MESSAGE_BYTES:
        raise MessageError((), "at most %d bytes" % MAX_MESSAGE_BYTES)
    try:
        fields = json.loads(str(body, "utf-8"))  # of bytes, CPython would guess UTF-16 as well
    except (ValueError, RuntimeError):  # RuntimeError: nested beyond the interpreter's stack
        raise MessageError((), "JSON")
    if not isinstance(fields, dict):
        raise MessageError((), "an object", fields)
    return fields


def check(rows: "tuple[Any, ...]", fault: "Any", fields: "dict[str, Any]", path: tuple) -> None:
    """Raises MessageError when the fields do not have the shapes of the rows. fault: values.fault, or one that knows more shapes. path: to
    the fields."""
    known = []
    for key, shape, least, greatest in rows:
        optional = key[-1] == "?"
        if optional:
            key = key[:-1]
        known.append(key)
        if key in fields:
            found = fault(shape, least, greatest, fields[key])
            if found:
                raise MessageError(path + (key,) + found.path, found.allowed, found.value)
        elif not optional:
            raise MessageError(path + (key,), "required")
    check_unknown(fields, known, path)


def check_unknown(fields: "dict[str, Any]", known: "list[str] | tuple[str, ...]", path: tuple) -> None:
    found = values.free_fault({key: fields[key] for key in fields if key not in known}, 0)
    if found:
        raise MessageError(path + found.path, found.allowed, found.value)
