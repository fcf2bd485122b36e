# Feeds the watchdog while every task lives. When one does not: says which in the crash note, and saves what waits in RAM, as long as the
# watchdog lets it. Decides nothing about silence: supervisor.py does.

import asyncio

from node import crash_note
from node.clock import uptime_ms

WATCH_MS = 1000


class Watchdog:
    """`noted`: there is a note of this boot, which takes the place of one before."""

    def __init__(self, supervisor, session, delay):
        """delay: a loop_delay.LoopDelay."""
        self.noted = False
        self._supervisor = supervisor
        self._session = session
        self._delay = delay

    async def run(self, watchdog) -> None:
        while True:
            overdue = self._supervisor.overdue()
            if not overdue:
                watchdog.feed()
                self._delay.fed(uptime_ms())
            else:
                self.save_what_waits()
                self._note(overdue)
            await asyncio.sleep_ms(WATCH_MS)

    def save_what_waits(self) -> None:
        """Before a reset that is at hand: what is in RAM only would be gone."""
        try:
            self._session.keep_all(uptime_ms())
        except MemoryError:  # perhaps what brings the node down; the reset helps
            pass

    def _note(self, overdue: list) -> None:
        if not self.noted:
            self.noted = True
            crash_note.write("no sign of life: " + ", ".join("%s for %d ms" % task for task in overdue))
