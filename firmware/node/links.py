# Which of two links the session uses: the preferred one while it delivers, else the other. What came goes in, which of them may
# send comes out; never both. A link has failed when something has waited for switch_after_ms without a receipt of any kind. The
# preferred one that is only tried again, while the other delivers, has to show a receipt within try_ms.

import asyncio

from node.portable import const

# So long after a switch a receipt may still be of the link before.
_SETTLE_MS = const(5000)


class Links:
    def __init__(self, names: tuple, switch_after_ms: int, probe_ms: int, try_ms: int, now: int):
        """names: the preferred first. probe_ms: how long the other is kept before the preferred is tried again."""
        self.counters = {"switches": 0}
        self.active = names[0]
        self._names = names
        self._switch_after_ms = switch_after_ms
        self._probe_ms = probe_ms
        self._try_ms = try_ms
        self._limit_ms = switch_after_ms
        self._taken = 0
        self._progress = now
        self._since = now

    def next_action(self, waiting: bool, taken: int, now: int) -> "str | None":
        """The link to use from now on, when that is another one. waiting: something is unacknowledged. taken: messages that came."""
        received, self._taken = taken != self._taken, taken
        if received and now - self._since >= _SETTLE_MS:
            self._limit_ms = self._switch_after_ms
            self._progress = now
        elif not waiting:
            self._progress = now
        preferred = self.active == self._names[0]
        delivers = now - self._progress < self._limit_ms
        if delivers and (preferred or now - self._since < self._probe_ms):
            return None
        self.active = self._names[1 if preferred else 0]
        self._limit_ms = self._try_ms if delivers else self._switch_after_ms
        self.counters["switches"] += 1
        self._progress = self._since = now
        return self.active


class LinkedCarriers:
    """Carriers as one: the interface of each of them. `allow(on)` decides whether a carrier may use the session."""

    def __init__(self, links: Links, carriers: dict, session, waiting, uptime_ms):
        """carriers: by name. waiting: whether something is unacknowledged, in RAM or in flash."""
        self.counters = links.counters
        self._links = links
        self.carriers = carriers
        self._session = session
        self._waiting = waiting
        self._uptime_ms = uptime_ms
        self._allow()

    def is_linked(self) -> bool:
        return self.carriers[self._links.active].is_linked()

    def wake(self) -> None:
        self.carriers[self._links.active].wake()

    def configure(self, keepalive_s: int) -> None:
        for carrier in self.carriers.values():
            carrier.configure(keepalive_s)

    async def run(self, beat) -> None:
        alive = {name: self._uptime_ms() for name in self.carriers}

        def beat_of(name):
            def one() -> None:
                alive[name] = self._uptime_ms()
                self._look(beat, alive)

            return one

        await asyncio.gather(*[asyncio.create_task(carrier.run(beat_of(name))) for name, carrier in self.carriers.items()])

    def _look(self, beat, alive: dict) -> None:
        # The task of a carrier that hangs must be missed, though the other one goes on.
        now = self._uptime_ms()
        if now - min(alive.values()) < 15000:
            beat()
        chosen = self._links.next_action(self._waiting(), self._session.counters["taken"], now)
        if chosen is not None:
            self._allow()
            self._session.event("link", {"to": chosen}, now)

    def _allow(self) -> None:
        for name, carrier in self.carriers.items():
            carrier.allow(name == self._links.active)
