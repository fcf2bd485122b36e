"""Rows of files that are taken as they are meant: what is new is added, what differs is corrected, what is the same stays, nothing is taken
away.

All within one transaction, which the caller ends, or undoes where there are faults or only a look was asked for. Does not depend on files,
nor on what the rows are of.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from contract.faults import MISSING, Fault
from fleet.errors import ConflictError, InvalidError, NotFoundError, RetiredError

Became = Literal["added", "changed", "unchanged"]
Kind = Literal["area", "site", "gateway", "node", "sensor"]
# Of a row, or of what it needs: of which kind, and its id.
Named = tuple[Kind, str]


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


class Taking:
    """broken: rows that could not even be read, and those with a fault: what needs them is not judged."""

    def __init__(self, broken: Iterable[Named]) -> None:
        self._broken = set(broken)

    def take(self, kind: Kind, rows: Iterable[Row], take: Callable[[Row], Became], needs: Mapping[str, Kind]) -> Outcome:
        """needs: by field that names another row, of which kind that is."""
        outcome = Outcome()
        for row in rows:
            faults = self._judged(row, outcome, take, [(other, row.given.get(name, "")) for name, other in needs.items()])
            if faults is not None:
                self._broken.add((kind, row.id))
                outcome.faults += [(row.key, fault) for fault in faults]
        return outcome

    def _judged(self, row: Row, outcome: Outcome, take: Callable[[Row], Became], needs: list[Named]) -> list[Fault] | None:
        """None: it was taken."""
        if not self._broken.isdisjoint(needs):
            return []
        try:
            outcome.counts[take(row)] += 1
        except InvalidError as error:
            return error.faults
        except ConflictError as error:
            return [Fault(("id",), str(error), row.id)]
        except (RetiredError, NotFoundError) as error:
            return [Fault(("id" if error.name == row.id else error.kind,), str(error), error.name)]
        return None


def require_of_new(row: Row, fields: Iterable[str]) -> None:
    """Raises InvalidError."""
    faults = [Fault((field,), "required of what is new", MISSING) for field in fields if field not in row.given]
    if faults:
        raise InvalidError(*faults)


def differing(row: Row, known: Any, fields: Iterable[str]) -> dict[str, Any]:
    """What the row says otherwise than it is."""
    return {name: row.given[name] for name in fields if name in row.given and row.given[name] != getattr(known, name)}
