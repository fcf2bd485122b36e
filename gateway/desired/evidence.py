"""What sources deliver while a desired document is on trial, as the buffer has it."""

from gateway.desired.plan import Plan
from gateway.desired.trial import Trial, Wanted
from gateway.store.deliveries import delivering, shown_after
from gateway.store.evaluation_records import newest_id
from gateway.store.store import Store
from gateway.store.writer import Writer


class Evidence:
    """Both methods raise StoreError."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._seen_id: int | None = None  # of the newest item that was looked at, or that was there before the trial

    async def wanted(self, change: Plan, since_ms: int) -> dict[str, Wanted]:
        """Of the sources that the plan touches those that have delivered since then. Only what comes after this call is evidence."""

        def look(store: Store) -> tuple[dict[str, bool], int]:
            return delivering(store.connection, change.affected, since_ms), newest_id(store.connection)

        found, self._seen_id = await self._writer.call(look)
        return {source: Wanted(change.affected[source], usable) for source, usable in found.items()}

    async def gather(self, trial: Trial) -> None:
        """Tells the trial what its sources have delivered since the last call."""
        seen_id, sources = self._seen_id, tuple(trial.wanted)
        if seen_id is None:
            self._seen_id = await self._writer.call(lambda store: newest_id(store.connection))
        elif sources:
            shown, self._seen_id = await self._writer.call(lambda store: shown_after(store.connection, seen_id, sources))
            for one in shown:
                if one.refused:
                    trial.refuses(one.source, one.settings_version)
                else:
                    trial.reported(one.source, one.settings_version, usable=one.usable)
