"""The same rules over stored reports: what would have been told, for a preview or a question years later."""

from collections.abc import Iterable, Iterator
from typing import Any

from air.rules.calendar import Offset
from air.rules.facts import Fact, Report
from air.rules.watch import Watch

TICK_MS = 60_000


def replay(
    rules: Iterable[dict[str, Any]], nodes: Iterable[str], offset_ms: Offset, arrivals: Iterable[tuple[int, Report]]
) -> Iterator[Fact]:
    """`arrivals`: (when it arrived, report), in that order. Time passes between them, in ticks of a minute.

    Where nobody kept when a report arrived, the end of its period stands for it: then nothing is late.
    """
    watch: Watch | None = None
    tick_ms = 0
    for arrived_ms, report in arrivals:
        if watch is None:
            tick_ms = arrived_ms
            watch, _ = Watch.begin(rules, nodes, offset_ms, None, tick_ms)
        while tick_ms + TICK_MS <= arrived_ms:
            tick_ms += TICK_MS
            yield from watch.tick(tick_ms)
        yield from watch.handle(report, max(tick_ms, arrived_ms))
