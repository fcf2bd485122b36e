"""What follows from the facts of rules: outputs switched, hooks called, nodes asked for more, and events that wait to be stored.

Outputs go first: everything else may wait for them. Whether something is true is not decided here.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from air.rules.facts import Cleared, Fact, FasterSampling, Raised, Report, Switched
from air.rules.rule import Output
from gateway.counters import Counters
from gateway.evaluation import alarm_events
from gateway.evaluation.faster import FasterRequests
from gateway.outputs.hooks import Hooks
from gateway.outputs.switchboard import Switchboard
from gateway.time.clock import Clock

_LOG = logging.getLogger(__name__)
_MAX_PENDING = 1000


class Actions:
    """`pending`: particulars of events that are not stored yet; full: the oldest goes, counted. `faster_moved`: ask nodes."""

    def __init__(self, switchboard: Switchboard, hooks: Hooks, faster: FasterRequests, counters: Counters, clock: Clock) -> None:
        self._switchboard = switchboard
        self._hooks = hooks
        self._faster = faster
        self._counters = counters
        self._clock = clock
        self.pending: list[dict[str, Any]] = []
        self.faster_moved = asyncio.Event()

    def restore(self, wanted: Mapping[str, Output]) -> None:
        """At a start, and when the rules change: what is to be on, and all others off."""
        self._switchboard.restore(Switched(output.name, output.pattern, output.for_s) for output in wanted.values())

    def report_shown(self, report: Report) -> None:
        """A report may show that its node reports faster, as it was asked to."""
        self._faster.shows(report.node, report.boot, report.duration_ms)

    def perform(self, facts: list[Fact]) -> None:
        self._switchboard.switch(fact for fact in facts if isinstance(fact, Switched))
        for fact in facts:
            particulars = alarm_events.particulars(fact)
            if particulars is not None:
                self.pending.append(particulars)
            if isinstance(fact, FasterSampling):
                self._faster.ask(fact.nodes, fact.period_s, fact.for_s, self._clock.monotonic_s())
                self.faster_moved.set()
            elif isinstance(fact, Raised | Cleared):
                self._alarm(fact, particulars or {})
        while len(self.pending) > _MAX_PENDING:
            self._counters.add("rules.untold")
            del self.pending[0]

    def stored(self, number: int) -> None:
        """So many of the oldest events are safe."""
        del self.pending[:number]

    def _alarm(self, fact: Raised | Cleared, particulars: dict[str, Any]) -> None:
        self._counters.add("rules.raised" if isinstance(fact, Raised) else "rules.cleared")
        _LOG.warning("alarm", extra=particulars)
        if fact.hook and particulars:
            self._hooks.call(fact.hook, particulars)
