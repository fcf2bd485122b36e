"""Jobs that ended long ago are deleted; what they changed stands in the record of changes."""

from fleet.background import jobs
from fleet.background.held import Turn
from fleet.background.periodic import Periodic

KEPT_MS = 30 * 86_400_000
_EVERY_S = 3600.0


def _forget(turn: Turn) -> bool:
    return turn.write(lambda connection: jobs.forget(connection, turn.now_ms - KEPT_MS))


OLD_JOBS = Periodic("old jobs", _EVERY_S, _forget)
