"""Whether desired documents are held back: from when an older record was put back until an administrator releases them.

An older record lists nodes, keys and gateways of its day. Its documents would overtake newer ones within seconds, before anybody could
register what is missing: nodes made since then would lose their gateway, boards exchanged since then would be refused, and what was
retired would be back. What holds is in the list of changes: the newest of the two acts counts.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from contract.site import device_api
from fleet.configuration import desired
from fleet.configuration.signing import SigningKey
from fleet.devices.gateways import advance_desired_version, versions_in_use
from fleet.people import audit
from fleet.people.audit import Act, Wanted, What

_RESTORED: What = "record_restored"
_RELEASED: What = "documents_released"
SUBJECT = "fleet"
# More documents than a gateway was issued between a copy and the end of the record, and few enough for it to take the next: a document of
# the very version that it has, but with other content, it would never ask for. One that has more yet is overtaken when it asks.
VERSIONS_LOST = device_api.MAX_VERSIONS_AHEAD // 10


@dataclass(frozen=True, slots=True)
class Held:
    """since_ms: when the record was put back. reason: of which copy."""

    since_ms: int
    reason: str


def begin(connection: Connection, act: Act) -> None:
    """The record is an older one from now on."""
    audit.record_change(connection, act, _RESTORED, SUBJECT, None, {"restored_ms": act.now_ms})


def held(connection: Connection) -> Held | None:
    acts = [act for what in (_RESTORED, _RELEASED) for act in audit.changes(connection, Wanted(what=what), 1)]
    newest = max(acts, key=lambda act: act.id, default=None)
    return Held(newest.at_ms, newest.reason) if newest and newest.what == _RESTORED else None


def release(connection: Connection, act: Act, signing_key: SigningKey) -> bool:
    """Issues a document to each gateway, greater than any that it can have by the record that was lost. False when none are held back."""
    before = held(connection)
    if before is None:
        return False
    audit.record_change(connection, act, _RELEASED, SUBJECT, {"held_since_ms": before.since_ms}, {"held_since_ms": None})
    for gateway, version in versions_in_use(connection).items():
        advance_desired_version(connection, gateway, version + VERSIONS_LOST)
        desired.issue(signing_key, connection, gateway, act.now_ms)
    return True


class DocumentHold:
    """What a running service knows of it: a hold ends while it runs, and begins only while it does not. `held`: as of the last look."""

    def __init__(self) -> None:
        self.held: Held | None = None

    def look(self, connection: Connection) -> Held | None:
        self.held = held(connection)
        return self.held
