# Shapes of what only a node writes: the rows of a report, the parts of a hello. Everything single is in values.py. A node has no
# use for this file, because it does not check what it makes.

from contract import values
from contract.faults import Fault
from contract.quality import USABLE, VALUED
from contract.quantities import BY_ID as QUANTITIES_BY_ID
from contract.site.qualities import KEYS as QUALITY_KEYS
from contract.values import MAX_KEY, MAX_TEXT, is_int, is_text, list_fault

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know this name
if TYPE_CHECKING:
    from typing import Any

MAX_SCALED = (1 << 31) - 1  # of a value of a quantity, in either direction
MAX_READINGS = 1000000
MAX_SLOT = 15
MAX_CHANNELS = 64


def fault(shape: str, least: int, greatest: int, value: object) -> "Fault | None":
    if shape not in _ENTRIES:
        return values.fault(shape, least, greatest, value)
    found = list_fault(_ENTRIES[shape], least, greatest, value)
    return found or (_twice_fault(value) if shape == "channels" else None)


def channel_fault(row: object) -> "str | None":
    """What is allowed in the place of this channel of a report; None: nothing is wrong with it."""
    if not isinstance(row, list) or len(row) not in (4, 7):
        return "4 or 7 numbers"
    for number in row:
        if not is_int(number, -MAX_SCALED, MAX_SCALED):
            return "integers of 32 bits"
    slot, quantity, quality, n = row[:4]
    if not 0 <= slot <= MAX_SLOT:
        return "a slot of 0 to %d" % MAX_SLOT
    if quantity not in QUANTITIES_BY_ID:
        return "the id of a quantity"
    if quality not in QUALITY_KEYS:
        return "the code of a quality"
    return _values_fault(quality, n, row[4:])


def _twice_fault(rows: "Any") -> "Fault | None":
    # Of two rows for one slot and quantity it would not be known which is true.
    seen = set()
    for index, row in enumerate(rows):
        if (row[0], row[1]) in seen:
            return Fault((index,), "each channel once", row)
        seen.add((row[0], row[1]))
    return None


def _values_fault(quality: int, n: int, values: "list[int]") -> "str | None":
    if not 0 <= n <= MAX_READINGS:
        return "n of 0 to %d" % MAX_READINGS
    if (n > 0) != bool(values):
        return "mean, min and max come with n above 0, and only then"
    if n and quality not in VALUED:
        return "no value with a quality that has none"
    if not n and quality in USABLE:
        return "a value with a usable quality"
    if n and not values[1] <= values[0] <= values[2]:
        return "min <= mean <= max"
    return None


def _part_fault(entry: object) -> "str | None":
    if (
        isinstance(entry, list)
        and len(entry) == 3
        and is_int(entry[0], 0, MAX_SLOT)
        and is_text(entry[1], 1, MAX_KEY)
        and is_text(entry[2], 0, MAX_TEXT)
    ):
        return None
    return "[slot, part, identity]"


def _text_fault(entry: object) -> "str | None":
    return None if is_text(entry, 0, MAX_TEXT) else "text of at most %d characters" % MAX_TEXT


# What the entries of a list are: shape -> check of one of them.
_ENTRIES = {"channels": channel_fault, "parts": _part_fault, "texts": _text_fault}
