"""Areas and sites from files: what is new is added, what differs is corrected, what is the same stays, nothing is taken away.

All within one transaction, which the caller ends, or undoes where there are faults or only a look was asked for. Does not depend on files.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection

from contract.faults import MISSING, Fault
from fleet.errors import InvalidError, RetiredError
from fleet.people.audit import Act
from fleet.places import areas, sites
from fleet.places.areas import Area, Asked
from fleet.places.grid import LEVELS
from fleet.places.grid_changes import GridChange
from fleet.places.sites import Site

Became = Literal["added", "changed", "unchanged"]
_NEW_AREA = ("level", "name_zh", "name_en")
_NEW_SITE = ("name", "latitude", "longitude")


@dataclass(frozen=True, slots=True)
class Row:
    """key: what the caller finds it again by. given: by field; what is not in it stays as it is, or is not said."""

    key: Any
    id: str
    given: Mapping[str, Any]


@dataclass
class Outcome:
    """counts: by what became of rows. faults: each with the key of its row. A row that needs another one with a fault has none itself."""

    counts: Counter[Became] = field(default_factory=Counter)
    faults: list[tuple[Any, Fault]] = field(default_factory=list)


class DistrictImport:
    """broken: ids of rows that could not even be read: what needs them is not judged."""

    def __init__(self, connection: Connection, act: Act, broken: Iterable[str]) -> None:
        self._connection = connection
        self._act = act
        self._grid = GridChange(connection, act)
        self._broken = set(broken)

    def take_areas(self, rows: Sequence[Row]) -> Outcome:
        known = {area.id: area for area in areas.areas(self._connection, Asked(with_retired=True))}
        outcome = Outcome()
        for row in sorted(rows, key=lambda row: _depth(row, known)):
            self._take(row, outcome, row.given.get("parent"), lambda row: self._take_area(row, known.get(row.id)))
        return outcome

    def take_sites(self, rows: Sequence[Row]) -> Outcome:
        known = {site.id: site for site in sites.sites(self._connection, with_retired=True)}
        outcome = Outcome()
        for row in rows:
            self._take(row, outcome, row.given.get("area"), lambda row: self._take_site(row, known.get(row.id)))
        return outcome

    def _take(self, row: Row, outcome: Outcome, needs: str | None, take: Callable[[Row], Became]) -> None:
        if needs in self._broken:
            self._broken.add(row.id)
            return
        try:
            outcome.counts[take(row)] += 1
        except InvalidError as error:
            self._broken.add(row.id)
            outcome.faults += [(row.key, fault) for fault in error.faults]
        except RetiredError as error:
            self._broken.add(row.id)
            outcome.faults.append((row.key, Fault(("id",), str(error), row.id)))

    def _take_area(self, row: Row, known: Area | None) -> Became:
        if known is None:
            _require(row, _NEW_AREA)
            of_all = {"parent": None, "kind": None, **row.given}
            ground = of_all.pop("geometry", None)
            self._grid.add(Area(row.id, **of_all), ground)
            return "added"
        wanted = dict(row.given)
        level = wanted.pop("level", known.level)
        if level != known.level:
            raise InvalidError(Fault(("level",), f"{known.level}: the level of an area does not change", level))
        return "changed" if wanted and self._grid.correct(row.id, wanted) else "unchanged"

    def _take_site(self, row: Row, known: Site | None) -> Became:
        if known is None:
            _require(row, _NEW_SITE)
            sites.add_site(self._connection, self._act, Site(row.id, **row.given))
            return "added"
        if known.retired_ms is not None:
            raise RetiredError("site", row.id)
        wanted = {key: value for key, value in row.given.items() if getattr(known, key) != value}
        if wanted:
            sites.correct_site(self._connection, self._act, row.id, wanted)
        return "changed" if wanted else "unchanged"


def _depth(row: Row, known: Mapping[str, Area]) -> int:
    level = row.given.get("level") or (known[row.id].level if row.id in known else None)
    return LEVELS.index(level) if level else len(LEVELS)


def _require(row: Row, fields: Iterable[str]) -> None:
    faults = [Fault((field,), "required of what is new", MISSING) for field in fields if field not in row.given]
    if faults:
        raise InvalidError(*faults)
