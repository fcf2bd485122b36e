"""Areas and sites from files (import_rows.py)."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from contract.faults import Fault
from fleet.errors import InvalidError, RetiredError
from fleet.people.audit import Act
from fleet.places import areas, sites
from fleet.places.areas import Area, Asked
from fleet.places.grid import LEVELS
from fleet.places.grid_changes import GridChange
from fleet.places.import_rows import Became, Outcome, Row, Taking, differing, require_of_new
from fleet.places.sites import Site

_NEW_AREA = ("level", "name_zh", "name_en")
_NEW_SITE = ("name", "latitude", "longitude")


class DistrictImport:
    def __init__(self, connection: Connection, act: Act, taking: Taking) -> None:
        self._connection = connection
        self._act = act
        self._grid = GridChange(connection, act)
        self._taking = taking

    def take_areas(self, rows: Sequence[Row]) -> Outcome:
        known = {area.id: area for area in areas.areas(self._connection, Asked(with_retired=True))}
        from_above = sorted(rows, key=lambda row: _depth(row, known))
        return self._taking.take("area", from_above, lambda row: self._take_area(row, known.get(row.id)), {"parent": "area"})

    def take_sites(self, rows: Sequence[Row]) -> Outcome:
        known = {site.id: site for site in sites.sites(self._connection, with_retired=True)}
        return self._taking.take("site", rows, lambda row: self._take_site(row, known.get(row.id)), {"area": "area"})

    def _take_area(self, row: Row, known: Area | None) -> Became:
        if known is None:
            require_of_new(row, _NEW_AREA)
            of_all = {"parent": None, "kind": None, **row.given}
            ground = of_all.pop("geometry", None)
            self._grid.add(Area(row.id, **of_all), ground)
            return "added"
        given = dict(row.given)
        level = given.pop("level", known.level)
        if level != known.level:
            raise InvalidError(Fault(("level",), f"{known.level}: the level of an area does not change", level))
        return "changed" if given and self._grid.correct(row.id, given) else "unchanged"

    def _take_site(self, row: Row, known: Site | None) -> Became:
        if known is None:
            require_of_new(row, _NEW_SITE)
            sites.add_site(self._connection, self._act, Site(row.id, **row.given))
            return "added"
        if known.retired_ms is not None:
            raise RetiredError("site", row.id)
        wanted = differing(row, known, row.given)
        if wanted:
            sites.correct_site(self._connection, self._act, row.id, wanted)
        return "changed" if wanted else "unchanged"


def _depth(row: Row, known: Mapping[str, Area]) -> int:
    level = row.given.get("level") or (known[row.id].level if row.id in known else None)
    return LEVELS.index(level) if level else len(LEVELS)
