"""The moments of a query: from and to, as ISO 8601 or in ms (fleet/http/times.py)."""

from typing import Annotated, NamedTuple

from fastapi import Depends, Query

from contract.faults import Fault
from contract.values import MAX_INT
from fleet.errors import InvalidError
from fleet.http import times

_Text = Annotated[str | None, Query(max_length=40, description=times.FORM, examples=[times.EXAMPLE])]
_Number = Annotated[int | None, Query(ge=0, le=MAX_INT, description=times.MS_FORM)]


class Between(NamedTuple):
    """from_ms <= a moment < to_ms; None for no limit."""

    from_ms: int | None
    to_ms: int | None


def _between(
    begin: Annotated[_Text, Query(alias="from")] = None,
    end: Annotated[_Text, Query(alias="to")] = None,
    from_ms: _Number = None,
    to_ms: _Number = None,
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
