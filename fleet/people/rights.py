"""Who may do what where: role x action x area -> allowed, or why not. Pure.

Roles are ordered, and each may do what those before it may. A grant gives a role in an area and in all below it; without an area, in the
whole district. What lies in no area yet is of the whole district only.

viewer         reads
technician     + installs and exchanges things, answers alarms
operator       + configures, retires, ends access of gateways
administrator  + changes the grid and tokens of the area; of the whole district also what belongs to no area
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["viewer", "technician", "operator", "administrator"]
ROLES: tuple[Role, ...] = get_args(Role)
VIEWER, TECHNICIAN, OPERATOR, ADMINISTRATOR = ROLES

# read: what was measured, things, places, alarms. install: register, move, exchange, correct things. answer: alarms.
# configure: settings, rules, retirement, access of gateways. administer: areas, tokens, the record of changes.
# govern: what belongs to no area: files for gateways, imports of the district, work in the background. observe: how the service does.
Action = Literal["read", "install", "answer", "configure", "administer", "govern", "observe"]
ACTIONS: tuple[Action, ...] = get_args(Action)
READ: Action = "read"
LEAST: dict[Action, Role] = {
    "read": VIEWER,
    "install": TECHNICIAN,
    "answer": TECHNICIAN,
    "configure": OPERATOR,
    "administer": ADMINISTRATOR,
    "govern": ADMINISTRATOR,
    "observe": VIEWER,
}
# Which no area is enough for.
OF_WHOLE: frozenset[Action] = frozenset({"govern", "observe"})


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """area: "" for the whole district."""

    role: Role
    area: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """areas: each with all below it; None: the whole district."""

    areas: frozenset[str] | None

    def contains(self, path: Iterable[str]) -> bool:
        """path: an area and all above it; empty for what lies in none."""
        return self.areas is None or not self.areas.isdisjoint(path) or (bool(self.areas) and path == ANYWHERE)


WHOLE = Scope(None)
# In the place of a path: of a thing that is in no place, as a sensor in stock. No area has such a code.
ANYWHERE = ("*",)
EVERYTHING = Grant(ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class Refusal:
    """seen: whether who asks may know that the thing is there. why: for those who may."""

    seen: bool
    why: str


def grant_text(role: Role, area: str | None) -> str:
    return f"{role} in {area or 'the whole district'}"


def reaches(role: Role, least: Role) -> bool:
    return ROLES.index(role) >= ROLES.index(least)


def scope_of(grants: Iterable[Grant], action: Action) -> Scope:
    """Where these grants allow the action."""
    areas = {grant.area for grant in grants if reaches(grant.role, LEAST[action])}
    if action in OF_WHOLE:
        areas &= {""}
    return WHOLE if "" in areas else Scope(frozenset(areas))


def refusal_anywhere(grants: Sequence[Grant], action: Action) -> Refusal | None:
    """Why these grants allow the action in no place at all; None where they do in some."""
    scope = scope_of(grants, action)
    if scope.areas is None or scope.areas:
        return None
    least = LEAST[action]
    if action in OF_WHOLE:
        return Refusal(True, f"this needs the role {least} in the whole district")
    return Refusal(True, f"this needs the role {least}, or one above it")


def refusal_at(grants: Sequence[Grant], action: Action, path: Sequence[str]) -> Refusal | None:
    """Why these grants do not allow the action on a thing there; None where they do. path: as Scope.contains has it."""
    if scope_of(grants, action).contains(path):
        return None
    seen = scope_of(grants, READ).contains(path)
    return Refusal(seen, f"here this needs the role {LEAST[action]}, or one above it")


def may_give(grants: Sequence[Grant], path: Sequence[str]) -> bool:
    """Whether who has these grants may give, change and take away any grant in the area at the head of the path; of an empty path, in the
    whole district: only what administrators have themselves, in an area that is theirs."""
    return scope_of(grants, "administer").contains(path)
