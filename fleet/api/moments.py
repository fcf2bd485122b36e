"""The moments of a query: from and to, as ISO 8601 or in ms (fleet/http/times.py)."""

from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Query
from pydantic import AfterValidator

from contract.faults import Fault
from contract.values import MAX_INT
from fleet.errors import InvalidError
from fleet.http import times


def _judged(name: str, read: Callable[[str, Any], int]) -> AfterValidator:
    """Of one value, so that its fault is reported together with those of others."""

    def check(value: Any) -> Any:
        if value is not None:
            try:
                read(name, value)
            except InvalidError as error:
                raise ValueError(error.faults[0].allowed) from None
        return value

    return AfterValidator(check)


_TEXT = {"max_length": 40, "description": times.FORM, "examples": [times.EXAMPLE]}
_NUMBER = {"ge": 0, "le": MAX_INT, "description": times.MS_FORM}


class Between(NamedTuple):
    """from_ms <= a moment < to_ms; None for no limit."""

    from_ms: int | None
    to_ms: int | None


def _between(
    begin: Annotated[str | None, Query(alias="from", **_TEXT), _judged("from", times.moment_of_text)] = None,
    end: Annotated[str | None, Query(alias="to", **_TEXT), _judged("to", times.moment_of_text)] = None,
    from_ms: Annotated[int | None, Query(**_NUMBER), _judged("from_ms", times.moment_of_number)] = None,
    to_ms: Annotated[int | None, Query(**_NUMBER), _judged("to_ms", times.moment_of_number)] = None,
) -> Between:
    found = Between(_moment("from", begin, from_ms), _moment("to", end, to_ms))
    if found.from_ms is not None and found.to_ms is not None and found.from_ms > found.to_ms:
        raise InvalidError(Fault(("from" if begin else "from_ms",), "not after the end of the span", begin or from_ms))
    return found


def _moment(name: str, text: str | None, number: int | None) -> int | None:
    if text is not None and number is not None:
        raise InvalidError(Fault((name + "_ms",), f"left out where `{name}` is given", number))
    if text is not None:
        return times.moment_of_text(name, text)
    return None if number is None else times.moment_of_number(name + "_ms", number)


BetweenQuery = Annotated[Between, Depends(_between)]
