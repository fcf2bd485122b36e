"""The record of changes, verified piece by piece as a job: how far it came is kept, and a broken link ends it."""

from collections.abc import Mapping
from typing import Any

from fleet.background.held import Turn
from fleet.background.job_lane import Progress
from fleet.background.jobs import Claimed
from fleet.errors import ChainBrokenError
from fleet.people.audit import verify_piece
from fleet.people.audit_chain import FIRST, Break, Head

KIND = "verify_changes"
_AT_ONCE = 5000


def verify_changes(turn: Turn, claimed: Claimed) -> Progress:
    """cursor: link and digest up to which all is whole, and how many entries were erased. Raises ChainBrokenError."""
    link, digest, erased = claimed.cursor or (0, FIRST, 0)
    since = Head(link, digest)
    found = turn.read(lambda connection: verify_piece(connection, since, _AT_ONCE))
    if isinstance(found, Break):
        raise ChainBrokenError(found.link, found.why)
    erased += found.erased
    result: Mapping[str, Any] | None = {"head": str(since), "erased": erased} if found.head == since else None
    return Progress(found.head.link, None, [found.head.link, found.head.digest, erased], result=result)
