# The fields of every message. A node loads only those that it reads (messages.DOWN_FIELDS).

from contract.messages import APPLIED, DOWN_FIELDS, EVENT, GET, GONE, HELLO, LOG, MAX_MS, REPORT
from contract.shapes import MAX_CHANNELS
from contract.values import MAX_SEQ, MAX_TEXT

# Their shapes are explained in messages.py.
_MOMENT = (
    ("q", "int", 0, MAX_SEQ),
    ("s", "int", 0, MAX_MS),
    ("u?", "int", 0, MAX_MS),
    ("e?", "int", 0, MAX_MS),
)

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
FIELDS.update(DOWN_FIELDS)
