"""Which items were handed out for the fleet and have no answer yet. Pure. Not to be thinned or merged: the fleet may have them.

Also one whose batch failed stays, since the fleet may have committed it before the answer was lost, until it has been sent again and
answered. Bounded: beyond, the one handed out longest ago is forgotten; the consequence is in docs/adr/0012.
"""

from collections.abc import Iterable

_LIMIT = 20_000
_LEAST = 1000  # what the two lanes that send reports have under way
_BYTES_FOR_ONE = 1024  # of the budget: so that what never is answered is a part of a small buffer and not all of it


class InFlight:
    def __init__(self, limit: int = _LIMIT) -> None:
        self._limit = limit
        self._ids: dict[int, None] = {}
        self._watched: set[int] | None = None

    @classmethod
    def of_budget(cls, budget_bytes: int) -> "InFlight":
        return cls(min(_LIMIT, max(_LEAST, budget_bytes // _BYTES_FOR_ONE)))

    def __contains__(self, id_: int) -> bool:
        return id_ in self._ids

    def handed_out(self, ids: Iterable[int]) -> None:
        for id_ in ids:
            self._ids.pop(id_, None)
            self._ids[id_] = None
            if self._watched is not None:
                self._watched.add(id_)
        while len(self._ids) > self._limit:
            del self._ids[next(iter(self._ids))]

    def answered(self, ids: Iterable[int]) -> None:
        for id_ in ids:
            self._ids.pop(id_, None)

    def watch(self) -> None:
        """From now on `has_taken` knows what is handed out."""
        self._watched = set()

    def has_taken(self, ids: Iterable[int]) -> bool:
        """Whether any of these has been handed out since `watch`, answered or not."""
        return self._watched is not None and not self._watched.isdisjoint(ids)

    def stop_watching(self) -> None:
        self._watched = None
