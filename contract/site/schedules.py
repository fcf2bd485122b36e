# When a rule is in force, by the local time of the site:  [{"days": [6, 7], "months": [12, 1, 2], "from": "22:00", "to": "06:00"}]
# Any of the entries is enough; no entry at all means always. "from" after "to" goes over midnight and belongs to the day on which it
# began; both the same, or neither, is the whole day.

from contract.faults import MISSING, Fault, below
from contract.values import is_int

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know this name
if TYPE_CHECKING:
    from typing import Any

MAX_ENTRIES = 16
# key, greatest (the least is 1). Days: 1 Monday to 7 Sunday.
LISTS = (("days", 7), ("months", 12))
TIMES = ("from", "to")
ENTRY_KEYS = ("days", "months") + TIMES


def when_faults(when: object) -> "list[Fault]":
    if not isinstance(when, list) or len(when) > MAX_ENTRIES:
        return [Fault((), "a list of at most %d" % MAX_ENTRIES, when)]
    found: "list[Fault]" = []
    for index, entry in enumerate(when):
        found.extend(below((index,), _entry_faults(entry)))
    return found


def minutes(text: object) -> "int | None":
    """Of the day, from "HH:MM", 00:00 to 24:00; None when the text is not a time."""
    if not isinstance(text, str) or len(text) != 5 or text[2] != ":" or not all(c in "0123456789" for c in text[:2] + text[3:]):
        return None
    made = int(text[:2]) * 60 + int(text[3:])
    return made if int(text[3:]) < 60 and made <= 1440 else None


def _entry_faults(entry: object) -> "list[Fault]":
    if not isinstance(entry, dict):
        return [Fault((), "an object", entry)]
    found = []
    for key, greatest in LISTS:
        numbers: "Any" = entry.get(key, [1])
        if not isinstance(numbers, list) or not 1 <= len(numbers) <= greatest or not all(is_int(n, 1, greatest) for n in numbers):
            found.append(Fault((key,), "a list of 1 to %d integers, 1 to %d" % (greatest, greatest), numbers))
    for key in TIMES:
        if key in entry and minutes(entry[key]) is None:
            found.append(Fault((key,), "a time of day, 00:00 to 24:00", entry[key]))
    if not found and ("from" in entry) != ("to" in entry):
        found.append(Fault(("to" if "from" in entry else "from",), "required: a time of day has both", MISSING))
    return found
