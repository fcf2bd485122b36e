"""Who is asking: a person or a program, from where, and with which rights to what they are about to do. Pure."""

from dataclasses import dataclass
from typing import Literal

from fleet.people.access import Grants
from fleet.people.rights import READ, Action, Scope, scope_of

Kind = Literal["token"]


@dataclass(frozen=True, slots=True)
class Person:
    """who: the name of a token, as `kind` says. action: what the route does."""

    who: str
    kind: Kind
    address: str
    grants: Grants
    action: Action

    @property
    def scope(self) -> Scope:
        """Where the action is allowed."""
        return scope_of(self.grants, self.action)

    @property
    def sees(self) -> Scope:
        return scope_of(self.grants, READ)
