"""Work that is done again and again: in steps, in a thread, each bounded by itself."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from fleet.background import outcomes
from fleet.background.held import Held, Turn

# One bounded piece; True: there is more to do now.
Step = Callable[[Turn], bool]
# How often it is written down that all goes well.
_NOTED_EVERY_MS = 60_000


@dataclass(frozen=True)
class Periodic:
    """every_s: from the end of one time to the next, also across restarts and holders of the lease."""

    name: str
    every_s: float
    step: Step

    async def run(self, held: Held) -> None:
        """Until it is cancelled, or a step raises."""
        known = await held.read(lambda connection: outcomes.outcome_of(connection, self.name))
        await asyncio.sleep(self._first_s(known, held.now_ms))
        noted_ms = known.done_ms or 0
        while True:
            while await held.in_thread(self.step):
                pass
            if known.failures or held.now_ms - noted_ms >= min(_NOTED_EVERY_MS, self.every_s * 1000):
                noted_ms = held.now_ms
                known = await held.write(partial(outcomes.done, name=self.name, now_ms=noted_ms))
            await asyncio.sleep(self.every_s)

    def _first_s(self, known: outcomes.Outcome, now_ms: int) -> float:
        if known.failures or known.done_ms is None or known.done_ms > now_ms:
            return 0
        return max(0.0, self.every_s - (now_ms - known.done_ms) / 1000)
