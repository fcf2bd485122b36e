"""A node made of numbers, for load and for bad input: speaks the contract over MQTT, keeps each report until it is acknowledged.

It measures nothing and has no sensor; whole flows use virtual boards. Built on paho so that it shares no code with the gateway's carrier.
"""

import threading
import time
from collections.abc import Iterable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from contract import messages, topics
from contract.authentication import seal, unseal
from contract.quality import OK
from contract.quantities import ID

_CHANNELS = ("pm1_atm", "pm2_5_atm", "pm10_atm", "tvoc", "temperature", "humidity")
# Of every report.
CHANNELS = len(_CHANNELS)


def report(seq: int, uptime_ms: int, utc_ms: int | None = None, period_ms: int = 1000) -> dict[str, Any]:
    """A report of six channels whose values tell its sequence number: a lost or mixed-up one is seen in the record."""
    channels = [[0, ID[key], OK, 1, seq % 1000 + i, seq % 1000 + i, seq % 1000 + i] for i, key in enumerate(_CHANNELS)]
    item: dict[str, Any] = {"q": seq, "s": uptime_ms, "d": period_ms, "c": 0, "ch": channels}
    return item if utc_ms is None else {**item, "u": utc_ms, "e": 50}


def hello(seq: int = 0) -> dict[str, Any]:
    return {"q": seq, "s": 0, "hw": "load", "fw": "0", "mp": "cpython", "c": 0, "rc": "power_on", "sn": []}


class LoadNode:
    """Publishes at once what it is given, again what stays unacknowledged for `resend_s`. Thread-safe: paho has its own thread."""

    def __init__(self, node: str, key: bytes, boot: str, port: int, resend_s: float = 2.0, password: str | None = None) -> None:
        self.node = node
        self.boot = boot
        self.acked_at: dict[int, float] = {}
        self.sent_at: dict[int, float] = {}
        self._key = key
        self._waiting: dict[int, tuple[str, dict[str, Any], float]] = {}
        self._resend_s = resend_s
        self._changed = threading.Condition()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"load-{node}")
        if password is not None:
            self._client.username_pw_set(node, password)
        self._client.on_connect = lambda client, *_: client.subscribe(topics.every_down(node))
        self._client.on_message = self._on_message
        self._subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.reconnect_delay_set(1, 1)
        self._client.max_queued_messages_set(100_000)
        self._client.connect_async("127.0.0.1", port)
        self._client.loop_start()

    def wait_for_link(self, within_s: float = 20) -> None:
        """Until the broker passes on what comes for this node; what is sent before is lost and sent again later."""
        if not self._subscribed.wait(within_s):
            raise TimeoutError(f"{self.node}: no link to the broker after {within_s} s")

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def send(self, kind: str, items: Iterable[dict[str, Any]]) -> None:
        """Items of one type, in one message."""
        batch = list(items)
        now = time.monotonic()
        with self._changed:
            for item in batch:
                self._waiting[item["q"]] = (kind, item, now)
                self.sent_at.setdefault(item["q"], now)
        self._publish(kind, batch)

    def publish_raw(self, topic: str, payload: bytes) -> None:
        self._client.publish(topic, payload)

    def sealed(self, kind: str, body: dict[str, Any]) -> bytes:
        return self.sealed_bytes(kind, messages.write(body))

    def sealed_bytes(self, kind: str, body: bytes) -> bytes:
        return seal(self._key, topics.UP, self.node, kind, body)

    def resend_due(self) -> int:
        """Sends again what has waited too long; answers how many still wait."""
        now = time.monotonic()
        with self._changed:
            due = [(q, kind, item) for q, (kind, item, sent) in self._waiting.items() if now - sent > self._resend_s]
            for q, kind, item in due:
                self._waiting[q] = (kind, item, now)
        if self._client.is_connected():
            for kind in messages.ITEM_TYPES:
                items = [item for _, item_kind, item in due if item_kind == kind]
                for start in range(0, len(items), messages.MAX_ITEMS):
                    self._publish(kind, items[start : start + messages.MAX_ITEMS])
        return self.waiting

    @property
    def waiting(self) -> int:
        with self._changed:
            return len(self._waiting)

    def acknowledged_below(self, next_seq: int) -> int:
        """Everything below this number was sent and acknowledged; `next_seq`: the first that was not sent yet."""
        with self._changed:
            return min(self._waiting, default=next_seq)

    def forget_times(self) -> None:
        """Of what was sent and acknowledged, for runs of millions."""
        with self._changed:
            self.acked_at.clear()
            self.sent_at.clear()

    def wait_for_acks(self, within_s: float, at_most_waiting: int = 0) -> None:
        deadline = time.monotonic() + within_s
        while self.resend_due() > at_most_waiting:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.node}: {self.waiting} items unacknowledged after {within_s} s")
            with self._changed:
                self._changed.wait(0.2)

    def _publish(self, kind: str, items: list[dict[str, Any]]) -> None:
        body = {"b": self.boot, "i": items}
        self._client.publish(topics.topic(topics.UP, self.node, kind), self.sealed(kind, body))

    def _on_message(self, client: mqtt.Client, userdata: object, message: mqtt.MQTTMessage) -> None:
        name = topics.parse_topic(message.topic)
        if name is None or name[2] != messages.ACK:
            return
        body = messages.read(messages.ACK, unseal(self._key, topics.DOWN, self.node, messages.ACK, bytes(message.payload)))
        if body["b"] != self.boot:
            return
        now = time.monotonic()
        with self._changed:
            for first, last in body["r"]:
                for seq in range(first, last + 1):
                    if self._waiting.pop(seq, None):
                        self.acked_at[seq] = now
            self._changed.notify_all()
