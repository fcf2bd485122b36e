"""A gateway of a test's making, on one link of a wild broker: opens what the node sends, keeps it, acknowledges it if it is told to.

It commits nothing and knows no fleet.
"""

from collections.abc import Callable
from typing import Any

from contract import topics
from firmware.tests.far_end import NODE, acknowledgement, opened, time_answer
from hil_tests.wild_broker import WildLink

Item = dict[str, Any]


class PlayedGateway:
    """Answers on one link. `items` are those that came, in order, repetitions too."""

    def __init__(self, link: WildLink, acknowledges: bool = True) -> None:
        self.items: list[tuple[str, Item]] = []
        self.boot = ""
        self.acknowledges = acknowledges
        self._link = link

    def say(self, kind: str, payload: bytes) -> None:
        self._link.publish(topics.topic(topics.DOWN, NODE, kind), payload)

    def turn(self) -> None:
        """Takes one message and answers it."""
        topic, payload = self._link.next_publish()
        name = topics.parse_topic(topic)
        assert name is not None
        kind, body = opened((name[2], payload))
        self.boot = body["b"]
        if kind == "get":
            self.say("time", time_answer(body, 1800000000000))
            return
        self.items += [(kind, item) for item in body["i"]]
        if self.acknowledges:
            self.say("ack", acknowledgement(self.boot, *[[item["q"], item["q"]] for item in body["i"]]))

    def until(self, kind: str, matches: Callable[[Item], bool] = lambda item: True) -> Item:
        """Serves until such an item comes; it is the next one that does."""
        seen = len(self.items)
        while True:
            for found, item in self.items[seen:]:
                if found == kind and matches(item):
                    return item
            seen = len(self.items)
            self.turn()

    def until_seq(self, seq: int) -> None:
        while not self.items or max(item["q"] for _, item in self.items) < seq:
            self.turn()

    def numbers(self) -> list[int]:
        return [item["q"] for _, item in self.items]
