"""The Range header of HTTP (RFC 9110, 14.1.2), one range of bytes. Pure."""

import re

from fleet.errors import RangeNotSatisfiableError

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})", re.ASCII)


def parse(header: str | None, size: int) -> tuple[int, int] | None:
    """(first, length) of the part asked for; None when the whole is to be sent, as for a header that is not one simple range.

    Raises RangeNotSatisfiableError when nothing of it lies within the size.
    """
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or match.groups() == ("", ""):
        return None
    first_text, last_text = match.groups()
    if not first_text:
        first, last = max(0, size - int(last_text)), size - 1
    else:
        first, last = int(first_text), min(int(last_text or size - 1), size - 1)
        if last_text and int(last_text) < first:
            return None  # not a valid range at all: ignored
    if first > last:
        raise RangeNotSatisfiableError(size)
    return first, last - first + 1
