"""What a way to nodes is: two methods. MQTT is one; framed serial and site instruments are to be others.

A carrier moves sealed messages and does not depend on their content. Names are "<direction>/<node>/<type>" (contract/topics.py).
"""

from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol


class CarrierMessage(NamedTuple):
    name: str
    payload: bytes


# Awaited before more is delivered: that is how intake slows a carrier down.
Deliver = Callable[["Carrier", list[CarrierMessage]], Awaitable[None]]


class Carrier(Protocol):
    async def run(self, deliver: Deliver) -> None:
        """Delivers what nodes send, until it is cancelled. Reconnects by itself."""

    def send(self, name: str, payload: bytes) -> None:
        """Never blocks and never fails: what cannot be sent is dropped and counted, and the receiver asks again when it needs it."""
