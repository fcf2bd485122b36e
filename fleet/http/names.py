"""What is said of a name that nobody knows: the nearest one that there is, and all of them. Pure."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from contract.faults import Fault

# Of a longer list only the nearest are named.
_ALL = 60


def no_such(name: str, known: Collection[str], what: str = "key") -> str:
    if not known:
        return f"no {what} at all is taken here"
    near = nearest(name, known, 1)
    meant = f"; did you mean {near[0]}?" if near else ""
    if len(known) > _ALL:
        return f"no such {what}{meant}"
    return f"no such {what}{meant or ';'} there are: {', '.join(sorted(known))}"


def nearest(name: str, known: Iterable[str], count: int) -> list[str]:
    """The nearest first; none where none is near."""
    by_lower = {one.lower(): one for one in known}
    return [by_lower[found] for found in get_close_matches(name.lower()[:200], list(by_lower), count)]


def query_faults(given: Collection[str], known: Collection[str]) -> list[Fault]:
    """given: the names of a query, as often as each stands in it. A name that does nothing is refused: it would be a wish unheard."""
    unknown = [Fault((name,), no_such(name, known, "parameter"), name) for name in dict.fromkeys(given) if name not in known]
    listed = list(given)
    return unknown + [Fault((name,), "given once", name) for name in dict.fromkeys(given) if name in known and listed.count(name) > 1]
