"""The loss test: ten thousand numbered reports, and events among them, through the real broker, the real process and a fleet that fails.

The process is killed (-9) fifteen times, while starting or under load; the fleet is away for moments and for seconds, answers 500, 429,
503, half answers, nonsense, and too late. At the end the record holds what the nodes sent, each item once, and every alarm test that the
gateway's own page has acknowledged. `make test-deep`: twice as much of everything.
"""

import asyncio
import random
import signal
from asyncio.subprocess import DEVNULL
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest

from contract.messages import EVENT, REPORT
from gateway.tests.conftest import Site, until
from gateway.tests.site import BOOT, Broker, Node, configuration_document, desired_node, free_port, items, report, write_configuration
from gateway.tests.test_killed_process import COMMAND, run_command, started, status_when, stored
from hil_tests.stand_in_fleet.faults import FAULTS
from hil_tests.stand_in_fleet.fleet import CODE, GATEWAY, StandInFleet

pytestmark = [pytest.mark.hil, pytest.mark.deep]


class Campaign(NamedTuple):
    """`items`: of each node; 50 reports in 51."""

    kills: int
    items: int


SAMPLE, DEEP = Campaign(kills=15, items=1020), Campaign(kills=30, items=2040)
NODES = [f"n-{number}" for number in range(10)]
EVENT_EVERY = 51
PIN = "246810"
_PATIENCE_S = 1.0
_SPELLS_S = (0.05, 0.5, 4.0)


def item(seq: int) -> tuple[str, dict[str, Any]]:
    if seq % EVENT_EVERY:
        return REPORT, report(seq)
    return EVENT, {"q": seq, "s": 10_000 * seq, "k": "threshold", "a": {"number": seq}}


class Talk:
    """What the nodes may make by now: of each, `allowed` items. Each keeps what it made until it is acknowledged, and sends it again."""

    def __init__(self, nodes: list[Node], count: int, chance: random.Random) -> None:
        self.nodes = nodes
        self._count = count
        self.allowed = 0
        self._allowed_more = asyncio.Condition()
        self._chance = chance

    @property
    def acknowledged(self) -> int:
        return sum(len(node.acked) for node in self.nodes)

    async def allow(self, items: int) -> None:
        async with self._allowed_more:
            self.allowed = items
            self._allowed_more.notify_all()

    async def run(self, node: Node) -> None:
        made, waiting = 0, list[int]()
        while made < self._count or waiting:
            if not waiting:
                async with self._allowed_more:
                    await self._allowed_more.wait_for(lambda made=made: self.allowed > made)  # type: ignore[misc]
            more = min(self.allowed, made + self._chance.randint(1, 20))
            waiting += range(made, more)
            made = more
            for kind in (REPORT, EVENT):
                await self._send(node, kind, [fields for is_of, fields in map(item, waiting) if is_of == kind])
            await _acknowledged(node, waiting)
            waiting = [seq for seq in waiting if (BOOT, seq) not in node.acked]

    async def _send(self, node: Node, kind: str, fields: list[dict[str, Any]]) -> None:
        while fields:
            size = self._chance.choice((1, 5, 20))  # as it was made, or from the spool
            await node.send(kind, items(kind, *fields[:size]))
            fields = fields[size:]


async def _acknowledged(node: Node, seqs: list[int]) -> None:
    """Returns when they are, or after the patience of a node."""
    async with node.changed:
        with suppress(TimeoutError):
            await asyncio.wait_for(node.changed.wait_for(lambda: all((BOOT, seq) in node.acked for seq in seqs)), _PATIENCE_S)


class AlarmButton:
    """Pressed again and again on the gateway's page: `answered` are safe by its word, `tried` may be, those answered among them."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/alarm-test"
        self.answered = self.tried = 0

    async def run(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            while True:
                with suppress(aiohttp.ClientError, TimeoutError):
                    await self._press(session)
                await asyncio.sleep(0.1)

    async def _press(self, session: aiohttp.ClientSession) -> None:
        self.tried += 1
        async with session.post(self._url, json={"pin": PIN}) as response:
            assert response.status == 200
            self.answered += 1


async def bad_weather(fleet: StandInFleet, chance: random.Random) -> None:
    """One trouble after the other between fleet and gateway, with a breath between."""
    while True:
        if chance.random() < 0.3:
            await fleet.stop()
            await asyncio.sleep(chance.choice(_SPELLS_S))
            await fleet.start()
        else:
            fleet.faults.extend([chance.choice(FAULTS)] * chance.randint(1, 3))
        await asyncio.sleep(chance.uniform(0.1, 1.0))


async def kill_again_and_again(talk: Talk, config: Path, chance: random.Random, campaign: Campaign) -> None:
    for kill in range(campaign.kills):
        before = talk.acknowledged
        await talk.allow(campaign.items * (kill + 1) // campaign.kills)
        if kill % 5 == 4:
            process = await asyncio.create_subprocess_exec(*COMMAND, "run", "--config", str(config), stdout=DEVNULL, stderr=DEVNULL)
            await asyncio.sleep(chance.uniform(0, 1.5))
        else:
            process = await started(config)
            wanted = before + chance.randrange(len(talk.nodes) * campaign.items // campaign.kills)
            await until(lambda wanted=wanted: talk.acknowledged >= wanted, "so many acknowledged", 60)  # type: ignore[misc]
            await asyncio.sleep(chance.uniform(0, 0.03))
        process.kill()
        await process.wait()
        # What was acknowledged is in the file, whatever moment it was.
        kept = await asyncio.to_thread(stored, config.parent / "state")
        for node in talk.nodes:
            assert {(node.node, boot, seq) for boot, seq in node.acked} <= kept


@pytest.fixture
async def button(tmp_path: Path, broker: Broker, fleet: StandInFleet) -> AlarmButton:
    """Of a gateway that is enrolled."""
    port = free_port()
    document = configuration_document(
        tmp_path / "state", fleet, broker.port, fleet={"timeout_s": 1}, web={"port": port, "pin": PIN}, buffer={"budget_bytes": 67_108_864}
    )
    write_configuration(tmp_path / "gateway.toml", document)
    code, text = await run_command("enrol", "--config", str(tmp_path / "gateway.toml"), "--code", CODE)
    assert code == 0, text
    return AlarmButton(port)


async def test_of_all_reports_through_kills_and_failures_none_is_lost_and_none_is_there_twice(
    site: Site, button: AlarmButton, tmp_path: Path, seed: int, deep: bool
) -> None:
    config, campaign = tmp_path / "gateway.toml", DEEP if deep else SAMPLE
    await site.fleet.desire([desired_node(name) for name in NODES])
    talk = Talk([await site.node(name) for name in NODES], campaign.items, random.Random(seed))
    talking = [asyncio.create_task(talk.run(node)) for node in talk.nodes]
    weather = asyncio.create_task(bad_weather(site.fleet, random.Random(seed + 1)))
    pressing = asyncio.create_task(button.run())
    await kill_again_and_again(talk, config, random.Random(seed + 2), campaign)
    process = await started(config)
    await asyncio.wait_for(asyncio.gather(*talking), 120)
    for task in (weather, pressing):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await site.fleet.stop()
    site.fleet.faults.clear()
    await site.fleet.start()
    counters = (await status_when(config, lambda shown: shown["backlog"]["waiting"] == 0))["counters"]
    the_record_is_complete(site.fleet, button, campaign.items)
    assert counters["items.stored"] == counters["items.forwarded"] + counters["items.duplicate_at_fleet"] == len(site.fleet.items)
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 15) == 0


def the_record_is_complete(fleet: StandInFleet, button: AlarmButton, count: int) -> None:
    for name in NODES:
        record = {seq: (found["kind"], found["body"]) for (node, _, seq), found in fleet.items.items() if node == name}
        assert record == {seq: item(seq) for seq in range(count)}
    assert len(fleet.accepted) == len(set(fleet.accepted))
    assert fleet.dropped == []
    own: dict[str, list[int]] = {}
    for node, boot, seq in fleet.items:
        if node == GATEWAY:
            own.setdefault(boot, []).append(seq)
    assert all(sorted(seqs) == list(range(len(seqs))) for seqs in own.values()), "the gateway's own numbers have no hole"
    tests = [found for (node, _, _), found in fleet.items.items() if node == GATEWAY and found["body"].get("k") == "alarm_test"]
    assert 0 < button.answered <= len(tests) <= button.tried
