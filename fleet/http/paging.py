"""Lists in pages: `next` of an answer is the `cursor` that goes on behind it. A cursor names the last row that was given, so that rows
which come or go meanwhile neither repeat nor hide others. Pure.
"""

from contract.faults import Fault
from contract.values import MAX_INT
from fleet.errors import InvalidError

_FORM = "`next` of the page before, unchanged"


def cursor(*numbers: int) -> str:
    return ".".join(map(str, numbers))


def numbers_of(text: str, count: int) -> tuple[int, ...]:
    """What `cursor` was made of. Raises InvalidError."""
    parts = text.split(".")
    if len(parts) != count or not all(part.isascii() and part.isdigit() and len(part) <= 16 and int(part) <= MAX_INT for part in parts):
        raise InvalidError(Fault(("cursor",), _FORM, text))
    return tuple(int(part) for part in parts)
