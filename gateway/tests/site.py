"""What the gateway's tests share: a real Mosquitto on a free port, nodes that speak the contract, a configuration."""

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiomqtt

from contract import authentication, messages, topics
from gateway import configuration
from gateway.configuration import Configuration
from hil_tests.stand_in_fleet.fleet import StandInFleet

BOOT = "0000000100000001"


def key_of(node: str) -> bytes:
    return (node * 32).encode()[:32]


def desired_node(node: str, version: int = 0, **settings: Any) -> dict[str, Any]:
    return {"node": node, "key": key_of(node).hex(), "settings": settings, "settings_version": version}


def report(seq: int, uptime_ms: int | None = None, **more: Any) -> dict[str, Any]:
    start = 10_000 * seq if uptime_ms is None else uptime_ms
    return {"q": seq, "s": start, "d": 10_000, "c": 0, "ch": [[0, 6, 0, 10, 1234 + seq, 1200, 9000]], **more}


def hello(seq: int, version: int = 0, **more: Any) -> dict[str, Any]:
    return {"q": seq, "s": 100, "hw": "virtual", "fw": "0.1.0", "mp": "1.25", "c": version, "rc": "power_on", "sn": [], **more}


def sealed(node: str, kind: str, body: dict[str, Any] | bytes, key: bytes | None = None) -> bytes:
    raw = body if isinstance(body, bytes) else messages.write(body)
    return authentication.seal(key or key_of(node), topics.UP, node, kind, raw)


def items(kind: str, *items_: dict[str, Any], boot: str = BOOT) -> dict[str, Any]:
    return {"b": boot, "i": list(items_)}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Broker:
    """A real Mosquitto; `stop` and `start` again on the same port."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._file = folder / "mosquitto.conf"
        options = ["allow_anonymous true", "max_queued_messages 0", "set_tcp_nodelay true", "log_type error"]
        if os.geteuid() == 0:
            options.append("user root")  # else it becomes a user who may not be able to read its own folder
        self._file.write_text("\n".join((f"listener {self.port} 127.0.0.1", *options)) + "\n")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
        assert program, "mosquitto is missing: run make setup"
        self._process = subprocess.Popen([program, "-c", str(self._file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline_s = time.monotonic() + 20
        while not _listens(self.port):
            assert time.monotonic() < deadline_s, "mosquitto did not start"

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running_broker(folder: Path) -> Iterator[Broker]:
    broker = Broker(folder)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


def configuration_document(state: Path, fleet: StandInFleet, broker_port: int, /, **sections: dict[str, Any]) -> dict[str, Any]:
    """Everything quick: back-offs of milliseconds."""
    document: dict[str, dict[str, Any]] = {
        "gateway": {"state": str(state), "clock_error_ms": 100, "clock": "system"},
        "fleet": {
            "url": fleet.url,
            "timeout_s": 2,
            "poll_wait_s": 2,
            "backoff_first_ms": 20,
            "backoff_cap_ms": 100,
            "report_interval_s": 1,
        },
        "mqtt": {"port": broker_port, "backoff_first_ms": 20, "backoff_cap_ms": 100, "timeout_s": 5},
        "buffer": {"budget_bytes": 16_777_216},
        "limits": {"node_messages_per_s": 100_000, "node_burst_messages": 1_000_000},
    }
    for name, keys in sections.items():
        document[name] = document.get(name, {}) | keys
    return document


def make_configuration(state: Path, fleet: StandInFleet, broker_port: int, /, **sections: dict[str, Any]) -> Configuration:
    return configuration.validate(configuration_document(state, fleet, broker_port, **sections))


def write_configuration(path: Path, document: dict[str, Any]) -> None:
    lines = []
    for name, keys in document.items():
        lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in keys.items())]
    path.write_text("\n".join(lines))


class Node:
    """One node on the broker: sends sealed messages, collects and opens what comes down."""

    def __init__(self, node: str, client: aiomqtt.Client) -> None:
        self.node = node
        self._client = client
        self.sent = 0
        self.down: list[tuple[str, dict[str, Any]]] = []
        self.acked: set[tuple[str, int]] = set()
        self.changed = asyncio.Condition()
        self.subscribed = asyncio.Event()

    async def send(self, kind: str, body: dict[str, Any] | bytes, key: bytes | None = None) -> None:
        self.sent += 1
        await self._client.publish(topics.topic(topics.UP, self.node, kind), sealed(self.node, kind, body, key))

    async def send_raw(self, kind: str, payload: bytes) -> None:
        await self._client.publish(topics.topic(topics.UP, self.node, kind), payload)

    async def wait(self, condition: Callable[[], bool], within_s: float = 30, what: str = "") -> None:
        async with self.changed:
            try:
                await asyncio.wait_for(self.changed.wait_for(condition), within_s)
            except TimeoutError:
                raise AssertionError(f"{self.node}: not within {within_s} s: {what}; got {self.down[-5:]}") from None

    async def wait_acked(self, *seqs: int, boot: str = BOOT) -> None:
        await self.wait(lambda: {(boot, seq) for seq in seqs} <= self.acked, what=f"ack of {seqs}")

    async def deliver(self, kind: str, body: dict[str, Any], seq: int) -> None:
        """Sends as a real node does, again and again until it is acknowledged: the gateway may not know the node yet."""
        while (BOOT, seq) not in self.acked:
            await self.send(kind, body)
            with contextlib.suppress(AssertionError):
                await self.wait(lambda: (BOOT, seq) in self.acked, within_s=1)

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        return [body for what, body in self.down if what == kind]

    async def listen(self) -> None:
        await self._client.subscribe(topics.every_down(self.node))
        self.subscribed.set()
        async for message in self._client.messages:
            parsed = topics.parse_topic(message.topic.value)
            assert parsed is not None and isinstance(message.payload, bytes)
            body = authentication.unseal(key_of(self.node), topics.DOWN, self.node, parsed[2], message.payload)
            async with self.changed:
                self._take(parsed[2], messages.read(parsed[2], body))
                self.changed.notify_all()

    def _take(self, kind: str, body: dict[str, Any]) -> None:
        self.down.append((kind, body))
        if kind == messages.ACK:
            self.acked |= {(body["b"], seq) for first, last in body["r"] for seq in range(first, last + 1)}
