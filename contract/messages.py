# The messages, as a table; how a body is written, and how it is checked.
#
# A body is JSON. Whoever must not be lost is an *item*: hello, report, event and applied share one sequence per boot, are
# kept by each hop until the next has committed them, and are identified everywhere by (node, boot, seq). They travel as
# {"b": boot, "i": [item, ...]}, oldest first, at most MAX_ITEMS of them and of one type. Everything else may be lost and asked again.
#
# Every item: "q" sequence number, "s" uptime at its moment (a report: at the start of its period), and, when the node knew
# the time, "u" UTC of that moment with "e", the bound of its error. Unknown fields are kept by whoever passes a message on.

import json

from contract.errors import MessageError
from contract.quality import KEYS as QUALITY_KEYS
from contract.quantities import BY_ID as QUANTITIES_BY_ID

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

ITEM_TYPES = (HELLO, REPORT, EVENT, APPLIED)
UP_TYPES = ITEM_TYPES + (GET, LOG, GONE)
DOWN_TYPES = (ACK, TIME, CONFIG)

MAX_MESSAGE_BYTES = 8192
MAX_ITEMS = 20
MAX_CHANNELS = 64
MAX_SEQ = (1 << 31) - 1
MAX_TEXT = 200
MAX_MS = 1 << 53

# Shapes: "int lo..hi", "text", "boot", "bool", "object", "list"; "?" behind a key marks one that may be absent.
_MOMENT = (
    ("q", "int", 0, MAX_SEQ, "sequence number of the item in its boot"),
    ("s", "int", 0, MAX_MS, "uptime, ms"),
    ("u?", "int", 0, MAX_MS, "UTC of that moment, ms since 1970; absent while the node does not know the time"),
    ("e?", "int", 0, MAX_MS, "bound of the error of u, ms"),
)

# type: rows of (key, shape, least, greatest, meaning); of an item for the item types, of the whole body for the others
FIELDS = {
    HELLO: _MOMENT
    + (
        ("hw", "text", 1, MAX_TEXT, "board"),
        ("fw", "text", 1, MAX_TEXT, "firmware version"),
        ("mp", "text", 1, MAX_TEXT, "interpreter and its version"),
        ("c", "int", 0, MAX_SEQ, "settings version in force; 0 = as shipped"),
        ("rc", "text", 1, MAX_TEXT, "reset cause: power_on, hard, watchdog, soft, deep_sleep, unknown"),
        ("sn", "list", 0, 16, "parts found: [slot, part, identity], identity empty when the part tells none"),
    ),
    REPORT: _MOMENT
    + (
        ("d", "int", 1, 3600000, "duration of the period, ms"),
        ("c", "int", 0, MAX_SEQ, "settings version in force"),
        ("ch", "list", 0, MAX_CHANNELS, "channels: [slot, quantity, quality, n] or [slot, quantity, quality, n, mean, min, max]"),
    ),
    EVENT: _MOMENT
    + (
        ("k", "text", 1, 40, "what happened, such as dropped, settings_lost, identity_changed"),
        ("a", "object", 0, 0, "its particulars"),
    ),
    APPLIED: _MOMENT
    + (
        ("c", "int", 0, MAX_SEQ, "the settings version that was offered"),
        ("ok", "bool", 0, 0, "whether it is now in force"),
        ("f", "list", 0, 40, "its faults, as text, when it is not"),
    ),
    GET: (
        ("b", "boot", 0, 0, "boot"),
        ("s", "int", 0, MAX_MS, "uptime, ms"),
        ("w", "text", 1, 20, "what is wanted: time"),
        ("k", "text", 1, 32, "nonce, echoed in the answer"),
    ),
    LOG: (
        ("b", "boot", 0, 0, "boot"),
        ("s", "int", 0, MAX_MS, "uptime, ms"),
        ("t", "text", 0, 400, "one line"),
    ),
    GONE: (("b", "boot", 0, 0, "boot; published by the broker as last will"),),
    ACK: (
        ("b", "boot", 0, 0, "boot"),
        ("r", "list", 0, 64, "ranges [first, last] of sequence numbers that are committed"),
    ),
    TIME: (
        ("b", "boot", 0, 0, "boot"),
        ("k", "text", 1, 32, "nonce of the question"),
        ("u", "int", 0, MAX_MS, "UTC at the gateway when it answered, ms since 1970"),
        ("e", "int", 0, MAX_MS, "bound of the gateway's own error, ms"),
    ),
    CONFIG: (
        ("v", "int", 1, MAX_SEQ, "settings version; only a greater one than is in force is taken"),
        ("set", "object", 0, 0, "all settings (settings.py), not a difference"),
    ),
}


def is_boot(text: object) -> bool:
    """A boot id: 16 lower-case hex digits, the first 8 a counter, the last 8 random."""
    return isinstance(text, str) and len(text) == 16 and all(c in "0123456789abcdef" for c in text)


def write(body: dict) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def read(kind: str, body: bytes) -> dict:
    """The checked body of a message of this type. Raises MessageError naming the first path that is wrong."""
    if len(body) > MAX_MESSAGE_BYTES:
        raise MessageError("$", "longer than %d bytes" % MAX_MESSAGE_BYTES)
    if kind not in FIELDS:
        raise MessageError("$", "unknown type")
    try:
        fields = json.loads(body)
    except (ValueError, RuntimeError):  # RuntimeError: nested beyond the interpreter's stack
        raise MessageError("$", "not JSON")
    if not isinstance(fields, dict):
        raise MessageError("$", "not an object")
    if kind in ITEM_TYPES:
        _check_items(kind, fields)
    else:
        check_fields(kind, fields, "$")
    return fields


def _check_items(kind: str, fields: dict) -> None:
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


def check_fields(kind: str, fields: dict, path: str) -> None:
    """Raises MessageError when the fields do not have the shape of one item or body of this type."""
    for key, shape, least, greatest, _ in FIELDS[kind]:
        if key[-1] == "?":
            key = key[:-1]
            if key not in fields:
                continue
        elif key not in fields:
            raise MessageError(path + "." + key, "missing")
        fault = _fault(shape, least, greatest, fields[key])
        if fault:
            raise MessageError(path + "." + key, fault)
    if ("u" in fields) != ("e" in fields) and kind in ITEM_TYPES:
        raise MessageError(path + ".u", "u and e come together")
    if kind == REPORT:
        for index, row in enumerate(fields["ch"]):
            fault = channel_fault(row)
            if fault:
                raise MessageError("%s.ch[%d]" % (path, index), fault)


def _fault(shape: str, least: int, greatest: int, value: object) -> "str | None":
    if shape == "int":
        if isinstance(value, bool) or not isinstance(value, int):
            return "not an integer"
        return None if least <= value <= greatest else "not in %d..%d" % (least, greatest)
    if shape == "text":
        if not isinstance(value, str):
            return "not text"
        return None if least <= len(value) <= greatest else "not %d to %d characters" % (least, greatest)
    if shape == "list":
        if not isinstance(value, list):
            return "not a list"
        return None if least <= len(value) <= greatest else "not %d to %d entries" % (least, greatest)
    if shape == "boot":
        return None if is_boot(value) else "not a boot id"
    if shape == "bool":
        return None if isinstance(value, bool) else "not true or false"
    return None if isinstance(value, dict) else "not an object"


def channel_fault(row: object) -> "str | None":
    """What is wrong with one channel of a report, or None."""
    if not isinstance(row, list) or len(row) not in (4, 7):
        return "not 4 or 7 numbers"
    for number in row:
        if isinstance(number, bool) or not isinstance(number, int):
            return "not integers"
    if not 0 <= row[0] <= 15:
        return "slot not in 0..15"
    if row[1] not in QUANTITIES_BY_ID:
        return "unknown quantity"
    if row[2] not in QUALITY_KEYS:
        return "unknown quality"
    if not 0 <= row[3] <= 1000000:
        return "n not in 0..1000000"
    if (row[3] == 0) != (len(row) == 4):
        return "mean, min and max come with n above 0, and only then"
    if len(row) == 7 and not row[5] <= row[4] <= row[6]:
        return "not min <= mean <= max"
    return None
