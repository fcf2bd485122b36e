"""What comes of the facts of rules: outputs switched, hooks called, nodes asked for more, and events that wait to be stored.

Outputs go first: everything else may wait for them. Whether something is true is not decided here.
"""

import asyncio
import logging
from typing import Any

from air.rules.facts import Cleared, Fact, FasterSampling, Raised, Report, Switched
from gateway.counters import Counters
from gateway.evaluation import alarm_events
from gateway.evaluation.faster import FasterRequests
from gateway.outputs.hooks import Hooks
from gateway.outputs.switchboard import Switchboard
from gateway.time import clock

_LOG = logging.getLogger(__name__)
_MOST_UNTOLD = 1000


class Actions:
    """`untold`: particulars of events that are not stored yet; full: the oldest goes, counted. `faster_moved`: ask nodes."""

    def __init__(self, switchboard: Switchboard, hooks: Hooks, faster: FasterRequests, counters: Counters) -> None:
        self._switchboard = switchboard
        self._hooks = hooks
        self._faster = faster
        self._counters = counters
        self.untold: list[dict[str, Any]] = []
        self.faster_moved = asyncio.Event()

    def restore(self, switched: list[Switched]) -> None:
        """At a start, and when the rules change: what is to be on, and all others off."""
        self._switchboard.restore(switched)

    def note(self, report: Report) -> None:
        """It may show what its node was asked for."""
        self._faster.shows(report.node, report.boot, report.duration_ms)

    def perform(self, switched: list[Switched], facts: list[Fact]) -> None:
        self._switchboard.switch(switched)
        for fact in facts:
            told = alarm_events.particulars(fact)
            if told is not None:
                self.untold.append(told)
            if isinstance(fact, FasterSampling):
                self._faster.ask(fact.nodes, fact.period_s, fact.for_s, clock.monotonic_s())
                self.faster_moved.set()
            elif isinstance(fact, Raised | Cleared):
                self._alarm(fact, told or {})
        while len(self.untold) > _MOST_UNTOLD:
            self._counters.add("rules.untold")
            del self.untold[0]

    def stored(self, number: int) -> None:
        """So many of the oldest events are safe."""
        del self.untold[:number]

    def _alarm(self, fact: Raised | Cleared, told: dict[str, Any]) -> None:
        self._counters.add("rules.raised" if isinstance(fact, Raised) else "rules.cleared")
        _LOG.warning("alarm", extra=told)
        if fact.hook and told:
            self._hooks.call(fact.hook, told)
