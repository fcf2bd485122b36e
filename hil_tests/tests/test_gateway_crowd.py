"""Crowds before one gateway: forty nodes that come back with three days of history each, and one node that floods.

The real process and a real broker. Three days are of a report a minute: 172,800.
"""

import asyncio
import json
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from contract import topics
from contract.messages import ACK, MAX_ITEMS, REPORT, read
from gateway.tests.site import BOOT, Broker, configuration_document, desired_node, report, sealed, write_configuration
from hil_tests.mqtt.link import RawLink
from hil_tests.soak_record import SoakRecord
from hil_tests.stand_in_fleet.fleet import CODE

pytestmark = pytest.mark.hil

RETURNING = [f"back-{number:02}" for number in range(40)]
LIVE = ["live-1", "live-2"]
HISTORY = 3 * 24 * 60
LIVE_EVERY_S = 0.25
# Bounds of a sick gateway, not of a good one: the machine that tests may be busy. Figures stand in docs/performance.md.
MOST_RSS_KB = 160_000
LATEST_ACK_S = 5.0
LATEST_IN_RECORD_S = 10.0
RAVING_PER_S, RAVING_S = 1000, 5

_COMMAND = str(Path(sys.executable).with_name("airgrid-gateway"))


class Crowd:
    """Nodes on one raw link. `delays_s`: of every report of a live node, from its publishing to its acknowledgement."""

    def __init__(self, folder: Path) -> None:
        self.broker = Broker(folder)
        self.record = SoakRecord(RETURNING + LIVE, HISTORY)
        self.link = RawLink(topics.every_down("+"), self._on_publish)
        self.acked: dict[str, set[int]] = {node: set() for node in RETURNING + LIVE}
        self.delays_s: list[float] = []
        self._sent_s: dict[tuple[str, int], float] = {}
        self._changed = asyncio.Event()
        self._config = folder / "gateway.toml"
        self._state = folder / "state"
        self.gateway: Process

    async def start(self) -> None:
        self.broker.start()
        await self.record.start()
        await self.record.desire([desired_node(node) for node in RETURNING + LIVE])
        document = configuration_document(self._state, self.record, self.broker.port, buffer={"budget_bytes": 268_435_456})
        del document["limits"]
        write_configuration(self._config, document)
        await (await self._run("enrol", "--config", str(self._config), "--code", CODE)).wait()
        self.gateway = await self._run("run", "--config", str(self._config))
        await asyncio.get_running_loop().create_connection(lambda: self.link, "127.0.0.1", self.broker.port)
        await self.link.ready.wait()
        while not all(self.acked.values()):
            for node in RETURNING + LIVE:
                self.send(node, 0, 1)
            await asyncio.sleep(0.2)

    async def stop(self) -> None:
        self.gateway.send_signal(signal.SIGTERM)
        await self.gateway.wait()
        self.link.close()
        await self.record.stop()
        self.broker.stop()

    def send(self, node: str, first: int, end: int) -> None:
        """The reports of these numbers in one message."""
        began_ms = round(1000 * time.time()) - 60_000 * HISTORY  # nodes that know the time
        made = [report(seq, 60_000 * seq, u=began_ms + 60_000 * seq, e=100) for seq in range(first, end)]
        body = json.dumps({"b": BOOT, "i": made}).encode()
        self.link.publish(topics.topic(topics.UP, node, REPORT), sealed(node, REPORT, body))

    def send_live(self, node: str, seq: int) -> None:
        made = report(seq, 250 * seq, u=round(1000 * time.time()) - 10_000, e=100)
        body = json.dumps({"b": BOOT, "i": [made]}).encode()
        self.link.publish(topics.topic(topics.UP, node, REPORT), sealed(node, REPORT, body))

    async def give_back(self, node: str) -> None:
        """All of its history: a message at a time, the next when it has been acknowledged, again when that takes too long."""
        for first in range(1, HISTORY, MAX_ITEMS):
            end = min(HISTORY, first + MAX_ITEMS)
            while not self.acked[node].issuperset(range(first, end)):
                self.send(node, first, end)
                await self._news(lambda first=first, end=end: self.acked[node].issuperset(range(first, end)), LATEST_ACK_S)

    async def speak_live(self, node: str, until: "asyncio.Future[Any]") -> int:
        """One report after the other until then; how many there were. Each is in the record before long."""
        seq = 0
        while not until.done():
            seq += 1
            self._sent_s[node, seq] = sent_s = time.monotonic()
            self.send_live(node, seq)
            await asyncio.sleep(LIVE_EVERY_S)
            assert await self._news(lambda seq=seq: seq in self.acked[node], LATEST_ACK_S), f"{node}: {seq} is not acknowledged"
            while not self.record.seen[node][seq]:
                assert time.monotonic() - sent_s < LATEST_IN_RECORD_S, f"{node}: {seq} is not in the record"
                await asyncio.sleep(0.02)
        return seq

    def peak_rss_kb(self) -> int:
        status = Path(f"/proc/{self.gateway.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0])

    async def counters(self) -> dict[str, int]:
        process = await self._run("status", "--config", str(self._config), "--json")
        counters: dict[str, int] = json.loads((await process.communicate())[0])["counters"]
        return counters

    async def _news(self, condition: object, within_s: float) -> bool:
        assert callable(condition)
        deadline = time.monotonic() + within_s
        while not condition():
            self._changed.clear()
            try:
                async with asyncio.timeout_at(asyncio.get_running_loop().time() + max(0.0, deadline - time.monotonic())):
                    await self._changed.wait()
            except TimeoutError:
                return bool(condition())
        return True

    async def _run(self, *arguments: str) -> Process:
        return await asyncio.create_subprocess_exec(_COMMAND, *arguments, stdout=PIPE, stderr=DEVNULL)

    def _on_publish(self, topic: str, payload: bytes) -> None:
        name = topics.parse_topic(topic)
        if name is None or name[2] != ACK:
            return
        for first, last in read(ACK, payload[: payload.rindex(b" ")])["r"]:
            self.acked[name[1]].update(range(first, last + 1))
            if (name[1], first) in self._sent_s:
                self.delays_s.append(time.monotonic() - self._sent_s.pop((name[1], first)))
        self._changed.set()


@pytest.fixture
async def crowd(tmp_path: Path) -> AsyncIterator[Crowd]:
    crowd = Crowd(tmp_path)
    await crowd.start()
    yield crowd
    await crowd.stop()


async def test_forty_nodes_that_return_with_three_days_each_cost_bounded_memory_and_no_live_report_waits(crowd: Crowd) -> None:
    returning = asyncio.gather(*(crowd.give_back(node) for node in RETURNING))
    live = await asyncio.gather(*(crowd.speak_live(node, returning) for node in LIVE))
    await returning
    while any(crowd.record.unaccounted(node, HISTORY) for node in RETURNING):
        await asyncio.sleep(0.1)
    assert crowd.record.recorded == len(RETURNING) * HISTORY + sum(live) + len(LIVE)
    assert not crowd.record.whys, "nothing told as lost"
    assert crowd.peak_rss_kb() < MOST_RSS_KB
    assert max(crowd.delays_s) < LATEST_ACK_S


async def test_a_node_that_floods_is_held_back_and_counted_and_the_others_do_not_notice(crowd: Crowd) -> None:
    before = (await crowd.counters()).get("messages.received", 0)

    async def flood() -> None:
        for _ in range(RAVING_S * 100):
            for _ in range(RAVING_PER_S // 100):
                crowd.send(RETURNING[0], 1, 2)
            await asyncio.sleep(0.01)

    flooding = asyncio.ensure_future(flood())
    await asyncio.gather(*(crowd.speak_live(node, flooding) for node in LIVE))
    counters = await crowd.counters()
    while counters["messages.received"] + counters.get("messages.queue_full", 0) - before < RAVING_S * RAVING_PER_S:
        counters = await crowd.counters()
    held_back = counters.get("refused.too_fast", 0) + counters.get("messages.queue_full", 0)
    # A burst of 1,000 and 100 a second are let through.
    assert RAVING_S * RAVING_PER_S * 0.3 < held_back < RAVING_S * RAVING_PER_S - 1000
    assert max(crowd.delays_s) < LATEST_ACK_S
