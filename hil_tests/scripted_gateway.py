"""A gateway of a test's making, on one link of a scripted broker: opens what the node sends, keeps it, acknowledges it if it is told to.

It commits nothing and knows no fleet.
"""

from collections.abc import Callable
from typing import Any

from contract import topics
from firmware.tests.far_end import NODE, acknowledgement, opened, time_answer
from hil_tests.mqtt.broker import ScriptedLink

Item = dict[str, Any]


class PlayedGateway:
    """Answers on one link. `items` are those that came, in order, repetitions too.

    before: the gateway of an earlier link, whose items this one knows of, for `until_all`.
    """

    def __init__(self, link: ScriptedLink, acknowledges: bool = True, before: "PlayedGateway | None" = None) -> None:
        self.items: list[tuple[str, Item]] = []
        self.boot = ""
        self._accounted: dict[str, set[int]] = before._accounted if before else {}
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
        self._account(kind, body["i"])
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
        """Until this number or a greater one is there; those before it may come later, where something waited in flash."""
        while not self.items or max(item["q"] for _, item in self.items) < seq:
            self.turn()

    def until_all(self, seq: int, boot: str | None = None) -> None:
        """Until each number up to this one is there, or told as dropped; of the boot that speaks, or of one whose id begins so."""
        wanted = set(range(seq + 1))
        while not any(numbers >= wanted for of, numbers in self._accounted.items() if of.startswith(boot or self.boot)):
            self.turn()  # raises when nothing more comes

    def numbers(self) -> list[int]:
        return [item["q"] for _, item in self.items]

    def _account(self, kind: str, items: list[Item]) -> None:
        for item in items:
            self._accounted.setdefault(self.boot, set()).add(item["q"])
            if kind == "event" and item["k"] == "dropped":
                lost = item["a"]
                self._accounted.setdefault(lost.get("b", self.boot), set()).update(range(lost["from"], lost["to"] + 1))
