"""Tests of the alarm: the outputs are switched for some seconds, and an event tells the fleet.

The last ones are remembered, so that the page can show what became of each.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from gateway.station.announcer import Announcer
from gateway.store.delivery.fate import OwnItem

_MOST_REMEMBERED = 8


class AlarmTests:
    def __init__(self, announcer: Announcer, sound: Callable[[], None], outputs: Sequence[str]) -> None:
        """`sound`: switches the outputs of these names."""
        self._announcer = announcer
        self._sound = sound
        self._outputs = sorted(outputs)
        self._last: deque[OwnItem] = deque(maxlen=_MOST_REMEMBERED)

    async def run(self) -> OwnItem:
        """The event, when it is safe. Raises StoreError."""
        self._sound()
        stored = await self._announcer.event("alarm_test", {"outputs": self._outputs})
        self._last.append(stored)
        return stored

    def documents(self) -> list[dict[str, Any]]:
        return [item._asdict() for item in self._last]
