"""What sources deliver while a desired document is on trial, as the buffer has it.

An instrument of the gateway delivers by a period that began under the document: what it reported last of the one before proves nothing.
"""

from collections.abc import Callable
from typing import NamedTuple

from gateway.desired.plan import Plan, node_and_slot
from gateway.desired.trial import Trial, Wanted
from gateway.store.delivery.deliveries import Shown, delivering, shown_after
from gateway.store.items.rows import newest_id
from gateway.store.store import Store
from gateway.store.writer import Writer

_SLACK_MS = 50  # of two clocks read one after the other


class Since(NamedTuple):
    """From where on deliveries are evidence: `seen_id` of the newest item before, and the moment."""

    seen_id: int
    moment_ms: int


class Evidence:
    """Looking raises StoreError."""

    def __init__(self, writer: Writer, utc_ms: Callable[[], int]) -> None:
        self._writer = writer
        self._utc_ms = utc_ms
        self._since: Since | None = None

    def begin(self, since: Since | None) -> None:
        """Of a trial. None: since the first look."""
        self._since = since

    async def wanted(self, change: Plan, within_s: float) -> tuple[dict[str, Wanted], Since]:
        """Of the sources that the plan touches those that have delivered so lately, and instruments that are new, which owe a usable
        value. Only what comes after this call is evidence of a trial of it; that of another one goes on."""
        since_ms = self._utc_ms() - int(1000 * within_s)
        nodes = {node_and_slot(source)[0] for source in change.affected}

        def look(store: Store) -> tuple[dict[str, dict[int, bool]], int]:
            return delivering(store.connection, nodes, since_ms), newest_id(store.connection)

        found, seen_id = await self._writer.call(look)
        wanted = {}
        for source, version in change.affected.items():
            usable = _usable(source, found)
            if source in change.fresh:
                wanted[source] = Wanted(version, usable=True)
            elif usable is not None:
                wanted[source] = Wanted(version, usable)
        return wanted, Since(seen_id, self._utc_ms())

    async def gather(self, trial: Trial) -> None:
        """Brings the trial what its sources have delivered since the last call."""
        since, sources = self._since, tuple(trial.wanted)
        nodes = {node_and_slot(source)[0] for source in sources}
        if since is None:
            newest = await self._writer.call(lambda store: newest_id(store.connection))
            self._since = Since(newest, self._utc_ms())
        elif sources:
            shown, seen_id = await self._writer.call(lambda store: shown_after(store.connection, since.seen_id, nodes))
            self._since = Since(seen_id, since.moment_ms)
            for one in shown:
                for source in sources:
                    _bring(trial, source, one, since.moment_ms)


def _bring(trial: Trial, source: str, shown: Shown, since_ms: int) -> None:
    node, slot = node_and_slot(source)
    if node != shown.node:
        return
    usable = _usable(source, {node: shown.usable})
    if shown.refused:
        trial.refuses(source, shown.settings_version)
    elif usable is not None and (slot is None or (shown.start_ms or 0) >= since_ms - _SLACK_MS):
        trial.reported(source, shown.settings_version, usable=usable)


def _usable(source: str, delivered: dict[str, dict[int, bool]]) -> bool | None:
    """Whether it delivered a usable value; None: it delivered nothing."""
    node, slot = node_and_slot(source)
    if node not in delivered:
        return None
    return any(delivered[node].values()) if slot is None else delivered[node].get(slot)
