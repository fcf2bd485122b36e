"""What sources deliver while a desired document is on trial, as the buffer has it.

An instrument of the gateway delivers by a period that began under the document: what it reported last of the one before proves nothing.
"""

from collections.abc import Callable

from gateway.desired.plan import Plan, node_and_slot
from gateway.desired.trial import Trial, Wanted
from gateway.store.delivery.deliveries import Shown, delivering, shown_after
from gateway.store.items.rows import newest_id
from gateway.store.store import Store
from gateway.store.writer import Writer

_SLACK_MS = 50  # of two clocks read one after the other


class Evidence:
    """Both methods raise StoreError."""

    def __init__(self, writer: Writer, utc_ms: Callable[[], int]) -> None:
        self._writer = writer
        self._utc_ms = utc_ms
        self._seen_id: int | None = None  # of the newest item that was looked at, or that was there before the trial
        self._since_ms = 0

    async def wanted(self, change: Plan, within_s: float) -> dict[str, Wanted]:
        """Of the sources that the plan touches those that have delivered so lately, and instruments that are new, which owe a usable
        value. Only what comes after this call is evidence."""
        since_ms = self._utc_ms() - int(1000 * within_s)
        nodes = {node_and_slot(source)[0] for source in change.affected}

        def look(store: Store) -> tuple[dict[str, dict[int, bool]], int]:
            return delivering(store.connection, nodes, since_ms), newest_id(store.connection)

        found, self._seen_id = await self._writer.call(look)
        self._since_ms = self._utc_ms()
        wanted = {}
        for source, version in change.affected.items():
            usable = _usable(source, found)
            if source in change.fresh:
                wanted[source] = Wanted(version, usable=True)
            elif usable is not None:
                wanted[source] = Wanted(version, usable)
        return wanted

    async def gather(self, trial: Trial) -> None:
        """Brings the trial what its sources have delivered since the last call."""
        seen_id, sources = self._seen_id, tuple(trial.wanted)
        nodes = {node_and_slot(source)[0] for source in sources}
        if seen_id is None:
            self._seen_id = await self._writer.call(lambda store: newest_id(store.connection))
            self._since_ms = self._utc_ms()
        elif sources:
            shown, self._seen_id = await self._writer.call(lambda store: shown_after(store.connection, seen_id, nodes))
            for one in shown:
                for source in sources:
                    self._bring(trial, source, one)

    def _bring(self, trial: Trial, source: str, shown: Shown) -> None:
        node, slot = node_and_slot(source)
        if node != shown.node:
            return
        usable = _usable(source, {node: shown.usable})
        if shown.refused:
            trial.refuses(source, shown.settings_version)
        elif usable is not None and (slot is None or (shown.start_ms or 0) >= self._since_ms - _SLACK_MS):
            trial.reported(source, shown.settings_version, usable=usable)


def _usable(source: str, delivered: dict[str, dict[int, bool]]) -> bool | None:
    """Whether it delivered a usable value; None: it delivered nothing."""
    node, slot = node_and_slot(source)
    if node not in delivered:
        return None
    return any(delivered[node].values()) if slot is None else delivered[node].get(slot)
