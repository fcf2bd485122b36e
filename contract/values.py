# Single values in a message, and the lists that a node reads. Does not depend on which message they are in, and where.
#
# A check answers None, or the first Fault. Whatever passes can be stored, signed and passed on by
# everybody behind: integers that every JSON reader keeps exact, text that UTF-8 can say, nesting with an end. So no item can
# stop a batch that it travels in.

from contract.faults import Fault, below

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know this name
if TYPE_CHECKING:
    from collections.abc import Callable

MAX_INT = (1 << 53) - 1
MAX_SEQ = (1 << 31) - 1
# A version that is further ahead of the last one is wrong: nothing counts so far between two looks, and no backup is so old. One that takes
# one without this bound could be brought to the greatest version at once, and would never take another.
MAX_VERSIONS_AHEAD = 10000
# From a greater one nobody can go on: it is taken by nobody, and what is stored under it does not count.
MAX_SETTINGS_VERSION = MAX_SEQ - MAX_VERSIONS_AHEAD
# The end of 2099: what clocks of nodes can show, and no true time for long.
MAX_UTC_MS = 4102444799999
# A time that is known no better than within a year dates nothing.
MAX_UTC_ERROR_MS = 366 * 86400000
MAX_TEXT = 200
MAX_KEY = 40
MAX_DEPTH = 6

BOOT_FORM = "a boot id: 16 lower-case hex digits"


def is_boot(text: object) -> bool:
    """A boot id: 16 lower-case hex digits, the first 8 a counter, the last 8 random."""
    return isinstance(text, str) and len(text) == 16 and all(c in "0123456789abcdef" for c in text)


def is_int(value: object, least: int, greatest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= greatest


def is_text(value: object, least: int, greatest: int) -> bool:
    return isinstance(value, str) and least <= len(value) <= greatest and _is_unicode(value)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except ValueError:  # half of a surrogate pair, which JSON can escape and UTF-8 cannot say
        return False
    return True


def fault(shape: str, least: int, greatest: int, value: object) -> "Fault | None":
    if shape == "ranges":
        return list_fault(_range_fault, least, greatest, value)
    if shape == "int":
        allowed = None if is_int(value, least, greatest) else "an integer, %d to %d" % (least, greatest)
    elif shape == "text":
        allowed = None if is_text(value, least, greatest) else "text of %d to %d characters" % (least, greatest)
    elif shape == "boot":
        allowed = None if is_boot(value) else BOOT_FORM
    elif shape == "bool":
        allowed = None if isinstance(value, bool) else "true or false"
    elif isinstance(value, dict):
        return free_fault(value, 0)
    else:
        allowed = "an object"
    return Fault((), allowed, value) if allowed else None


def list_fault(entry_fault: "Callable[[object], str | None]", least: int, greatest: int, value: object) -> "Fault | None":
    """entry_fault: what is allowed in the place of an entry, or None."""
    if not isinstance(value, list) or not least <= len(value) <= greatest:
        return Fault((), "a list of %d to %d" % (least, greatest), value)
    for index, entry in enumerate(value):
        allowed = entry_fault(entry)
        if allowed:
            return Fault((index,), allowed, entry)
    return None


def free_fault(value: object, depth: int) -> "Fault | None":
    """Of a value that no table describes: particulars of an event, settings, unknown fields."""
    if depth > MAX_DEPTH:
        return Fault((), "nested at most %d deep" % MAX_DEPTH, value)
    if isinstance(value, dict):
        return _free_object_fault(value, depth)
    if isinstance(value, list):
        for index, entry in enumerate(value):
            found = free_fault(entry, depth + 1)
            if found:
                return below((index,), [found])[0]
        return None
    if isinstance(value, str):
        return None if _is_unicode(value) else Fault((), "Unicode text", value)
    if value is None or isinstance(value, bool) or is_int(value, -MAX_INT, MAX_INT):
        return None
    return Fault((), "a number that is an integer within 2^53", value)


def _free_object_fault(fields: "dict[object, object]", depth: int) -> "Fault | None":
    for key in fields:
        if not is_text(key, 1, MAX_KEY):
            return Fault((), "keys of 1 to %d characters" % MAX_KEY, key)
        found = free_fault(fields[key], depth + 1)
        if found:
            return below((key,), [found])[0]
    return None


def _range_fault(entry: object) -> "str | None":
    if isinstance(entry, list) and len(entry) == 2 and is_int(entry[0], 0, MAX_SEQ) and is_int(entry[1], entry[0], MAX_SEQ):
        return None
    return "[first, last]"
