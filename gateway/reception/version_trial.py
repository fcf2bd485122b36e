"""A new version that is on trial with a copy of the older buffer behind it acknowledges nothing to nodes: should it be taken back, they
still have everything. What they send meanwhile is stored, evaluated and forwarded; they send it again, and it counts once.

The copy beside the buffer is the sign (host/release). It goes with the verdict. When that does not come, the gateway itself takes the copy
out of the way before it acknowledges anything, so that no later return puts it back.
"""

import asyncio
import logging
from pathlib import Path

from gateway.reception.reception import Reception
from gateway.time.clock import Clock
from host.release.copy_folders import copies_in_wait, end_return

_LOG = logging.getLogger(__name__)
_LOOK_S = 1.0
# A trial takes 15 minutes of this machine's time at most. One that nobody ends must not fill the flash of nodes.
LONGEST_S = 3600.0


async def withhold_acks(state: Path, reception: Reception, clock: Clock, longest_s: float = LONGEST_S) -> None:
    """While the trial lasts; then it has nothing to do, for ever, as a task. To be started before anything is received."""
    until_s = clock.monotonic_s() + longest_s
    while copies_in_wait(state) and not (clock.monotonic_s() >= until_s and _end_returns(state)):
        if not reception.withholds_acks:
            _LOG.warning("this version is on trial: nothing is acknowledged to nodes until it is kept")
        reception.withholds_acks = True
        await asyncio.sleep(_LOOK_S)
    if reception.withholds_acks:
        _LOG.warning("nodes are acknowledged from now on")
    reception.withholds_acks = False
    await asyncio.Event().wait()


def _end_returns(state: Path) -> bool:
    """False: an older buffer may still be put back."""
    try:
        for copy in copies_in_wait(state):
            _LOG.warning("no verdict came: this version stays, and the buffer from before it is in %s", end_return(copy))
    except OSError as error:
        _LOG.warning("the buffer from before this version cannot be taken out of the way: %s", error)
        return False
    return True
