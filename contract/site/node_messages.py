# What nodes write: the fields of each type, and the check of a body by them. A node does not check what it makes, and has no room for
# these tables. What it reads: contract/messages.py.

from contract import messages
from contract.errors import MessageError
from contract.faults import MISSING
from contract.messages import APPLIED, EVENT, GET, GONE, HELLO, ITEM_TYPES, LOG, MAX_ITEMS, MAX_MS, REPORT
from contract.site import shapes
from contract.site.shapes import MAX_CHANNELS
from contract.values import BOOT_FORM, MAX_SEQ, MAX_TEXT, is_boot

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know this name
if TYPE_CHECKING:
    from typing import Any

# Their shapes are explained in messages.py.
_MOMENT = (
    ("q", "int", 0, MAX_SEQ),
    ("s", "int", 0, MAX_MS),
    ("u?", "int", 0, MAX_MS),
    ("e?", "int", 0, MAX_MS),
)

# type: rows of (key, shape, least, greatest); of an item for the item types, of the whole body for the others
FIELDS = {
    HELLO: _MOMENT
    + (
        ("hw", "text", 1, MAX_TEXT),
        ("fw", "text", 1, MAX_TEXT),
        ("mp", "text", 1, MAX_TEXT),
        ("c", "int", 0, MAX_SEQ),
        ("rc", "text", 1, MAX_TEXT),
        ("sn", "parts", 0, 16),
    ),
    REPORT: _MOMENT
    + (
        ("d", "int", 1, 3600000),
        ("c", "int", 0, MAX_SEQ),
        ("ch", "channels", 0, MAX_CHANNELS),
    ),
    EVENT: _MOMENT + (("k", "text", 1, 40), ("a", "object", 0, 0)),
    APPLIED: _MOMENT + (("c", "int", 0, MAX_SEQ), ("ok", "bool", 0, 0), ("f", "texts", 0, 40)),
    GET: (("b", "boot", 0, 0), ("s", "int", 0, MAX_MS), ("w", "text", 1, 20), ("k", "text", 1, 32)),
    LOG: (("b", "boot", 0, 0), ("s", "int", 0, MAX_MS), ("t", "text", 0, 400)),
    GONE: (("b", "boot", 0, 0),),
}


def read(kind: str, body: bytes) -> "dict[str, Any]":
    """The checked body of a message of a node, of this type. Raises MessageError naming the first path that is wrong."""
    if kind not in FIELDS:
        raise MessageError((), "one of the types of a node")
    fields = messages.parse(body)
    if kind in ITEM_TYPES:
        _check_items(kind, fields)
    else:
        check_fields(kind, fields, ())
    return fields


def check_fields(kind: str, fields: "dict[str, Any]", path: "tuple[str | int, ...]") -> None:
    """Raises MessageError when the fields do not have the shape of one item or body of this type."""
    messages.check(FIELDS[kind], shapes.fault, fields, path)
    if kind in ITEM_TYPES and ("u" in fields) != ("e" in fields):
        raise MessageError(path + ("u",), "u and e, or neither", fields.get("u", MISSING))


def _check_items(kind: str, fields: "dict[str, Any]") -> None:
    if not is_boot(fields.get("b")):
        raise MessageError(("b",), BOOT_FORM, fields.get("b", MISSING))
    items = fields.get("i", MISSING)
    if not isinstance(items, list) or not 1 <= len(items) <= MAX_ITEMS:
        raise MessageError(("i",), "a list of 1 to %d" % MAX_ITEMS, items)
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            raise MessageError(("i", index), "an object", item)
        check_fields(kind, item, ("i", index))
    messages.check_unknown(fields, ("b", "i"), ())
