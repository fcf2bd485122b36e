"""The bounded queue between the broker's socket and intake: in messages, in bytes, and in what one name may take of it.

Full: the newest message is dropped and counted. Nothing was acknowledged, so its node sends it again.
"""

import asyncio
from collections import Counter

from aiomqtt import Message

from gateway.carriers.carrier import CarrierMessage
from gateway.counters import Counters
from gateway.intake.intake import MAX_SEALED_BYTES


class IntakeQueue(asyncio.Queue[Message]):
    """Given to aiomqtt as its queue. An overlong payload is cut to one byte over the limit: intake refuses it for its length."""

    def __init__(self, counters: Counters, *, messages: int, bytes_: int, share_percent: int) -> None:
        super().__init__(messages)
        self._counters = counters
        self._most_bytes = bytes_
        self._most_of_one = max(1, messages * share_percent // 100)
        self._bytes = 0
        self._of_one: Counter[str] = Counter()

    def put_nowait(self, item: Message) -> None:
        name = item.topic.value
        payload = item.payload
        assert isinstance(payload, bytes)
        if len(payload) > MAX_SEALED_BYTES:
            item.payload = payload = payload[: MAX_SEALED_BYTES + 1]
        if self.full() or self._bytes + len(payload) > self._most_bytes or self._of_one[name] >= self._most_of_one:
            self._counters.add("messages.queue_full")
            return
        self._bytes += len(payload)
        self._of_one[name] += 1
        super().put_nowait(item)

    def pop_all(self, first: Message, prefix: str) -> list[CarrierMessage]:
        """`first`, which the client's iterator handed out already, and everything behind it."""
        taken = [_delivery(first, prefix)]
        while not self.empty():
            taken.append(_delivery(self.get_nowait(), prefix))
        self._bytes = 0
        self._of_one.clear()
        return taken


def _delivery(message: Message, prefix: str) -> CarrierMessage:
    assert isinstance(message.payload, bytes)
    return CarrierMessage(message.topic.value.removeprefix(prefix), message.payload)
