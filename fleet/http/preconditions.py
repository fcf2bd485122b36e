"""What a client has already, by its ETag (RFC 9110, 13.1). Pure."""

import re

_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def has_it(if_none_match: str | None, etag: str) -> bool:
    """Whether one of the client's tags is this one, weak or not. etag: with its quotes."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or etag.removeprefix("W/") in _TAG.findall(if_none_match)


def range_holds(if_range: str | None, etag: str) -> bool:
    """Whether the range may be sent: the client's part is of these very bytes. Neither a weak tag nor a date says so."""
    return if_range is None or if_range.strip() == etag
