"""What is reported to the fleet about its documents: the verdict on the newest one that it issued, and what is in force.

An answer that is no document which the fleet can have issued to this gateway has no version that can be believed. It is reported as
refused, with its faults, in the place of the verdict on the newest version that can, for as long as the fleet gives that answer.
"""

import asyncio
from typing import Any

from contract.site import device_api
from contract.site import device_api_keys as keys
from gateway.desired.lifecycle import KEPT, ON_TRIAL, REFUSED


class Outcome:
    """`shown` is a part of the body of a report; `news` is set when it has changed."""

    def __init__(self) -> None:
        self._verdict: dict[str, Any] = {keys.VERSION: 0, keys.OK: True, keys.FAULTS: []}
        self._untrusted: tuple[str, ...] = ()
        self.news = asyncio.Event()

    @property
    def shown(self) -> dict[str, Any]:
        if not self._untrusted:
            return self._verdict
        return _shown(REFUSED, self._verdict[keys.VERSION], self._verdict.get(keys.IN_FORCE, 0), self._untrusted)

    def credible(self) -> None:
        """The last answer of the fleet was a document that it issued, or that it has nothing newer."""
        self.untrusted(())

    def untrusted(self, faults: tuple[str, ...]) -> None:
        """Of the last answer of the fleet."""
        if faults != self._untrusted:
            self._untrusted = faults
            self.news.set()

    def decided(self, state: str, version: int, in_force: int, faults: tuple[str, ...]) -> None:
        """A verdict on an older version than the one shown changes only what is in force."""
        if version < self._verdict[keys.VERSION]:
            self._verdict = {**self._verdict, keys.IN_FORCE: in_force}
        else:
            self._verdict = _shown(state, version, in_force, faults)
        self.news.set()


def _shown(state: str, version: int, in_force: int, faults: tuple[str, ...]) -> dict[str, Any]:
    ok = state in (KEPT, ON_TRIAL) and not faults
    texts = [fault[: device_api.MAX_TEXT_CHARACTERS] for fault in faults[: device_api.MAX_REPORTED_FAULTS]]
    return {keys.VERSION: version, keys.OK: ok, keys.STATE: state, keys.IN_FORCE: in_force, keys.FAULTS: texts}
