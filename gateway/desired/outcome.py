"""What is reported to the fleet about its documents: the verdict on the newest one that it issued, and what is in force."""

import asyncio
from typing import Any

from contract.site import device_api
from contract.site import device_api_keys as keys
from gateway.desired.lifecycle import KEPT, ON_TRIAL


class Outcome:
    """`shown` is a part of the body of a report; `news` is set when it has changed."""

    def __init__(self) -> None:
        self.shown: dict[str, Any] = {keys.VERSION: 0, keys.OK: True, keys.FAULTS: []}
        self.news = asyncio.Event()

    def decided(self, state: str, version: int, in_force: int, faults: tuple[str, ...]) -> None:
        """A verdict on an older version than the one shown changes only what is in force."""
        if version < self.shown[keys.VERSION]:
            self.shown = {**self.shown, keys.IN_FORCE: in_force}
        else:
            ok = state in (KEPT, ON_TRIAL) and not faults
            texts = [fault[: device_api.MAX_TEXT_CHARACTERS] for fault in faults[: device_api.MAX_REPORTED_FAULTS]]
            self.shown = {keys.VERSION: version, keys.OK: ok, keys.STATE: state, keys.IN_FORCE: in_force, keys.FAULTS: texts}
        self.news.set()
