"""Fixtures: a broker, a fleet, and a whole gateway between them, in this process."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from random import Random
from typing import Any

import aiomqtt
import pytest

from gateway.factories import fleet_session
from gateway.identity import read_answer
from gateway.store.store import Store
from gateway.tests.away import open_store
from gateway.tests.site import Broker, Node, desired_node, make_configuration, running_broker
from gateway.time.clock import Clock
from gateway.wiring import Delays, Gateway
from hil_tests.stand_in_fleet.fleet import StandInFleet


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with running_broker(tmp_path) as broker:
        yield broker


@pytest.fixture
async def fleet() -> AsyncIterator[StandInFleet]:
    fleet = StandInFleet()
    await fleet.start()
    yield fleet
    await fleet.stop()


@pytest.fixture
def tight(tmp_path: Path) -> Iterator[Store]:
    """Pressed by its budget after some hours of one node."""
    store = open_store(tmp_path, 1 << 20)
    yield store
    store.close()


@pytest.fixture
def roomy(tmp_path: Path) -> Iterator[Store]:
    """Not pressed: thinned by hand."""
    store = open_store(tmp_path, 1 << 24)
    yield store
    store.close()


class Site:
    """A gateway with its broker, its fleet and its nodes; the gateway may be stopped and started."""

    def __init__(self, state: Path, broker: Broker, fleet: StandInFleet, stack: AsyncExitStack) -> None:
        self.state = state
        self.broker = broker
        self.fleet = fleet
        self.clock = Clock()
        self.delays = Delays()
        self._stack = stack
        self._running: AsyncExitStack | None = None
        self.gateway: Gateway

    async def start(self, **sections: dict[str, Any]) -> Gateway:
        """Under `clock` and with `delays`, which a test may replace before."""
        self.state.mkdir(exist_ok=True)
        self._running = AsyncExitStack()
        configuration = make_configuration(self.state, self.fleet, self.broker.port, **sections)
        session = await self._running.enter_async_context(fleet_session(configuration.fleet))
        self.gateway = Gateway(configuration, read_answer(_identity(self.fleet)), session, Random(1), self.clock, self.delays)
        await self.gateway.start()
        await until(lambda: self.gateway.mqtt.connected, "connected to the broker")
        return self.gateway

    async def stop(self) -> None:
        if self._running is not None:
            await self.gateway.stop()
            await self._running.aclose()
            self._running = None

    async def start_with(self, *nodes: str, **sections: dict[str, Any]) -> Gateway:
        """Started, and these nodes known."""
        await self.fleet.desire([desired_node(node) for node in nodes])
        gateway = await self.start(**sections)
        await until(lambda: gateway.desired.version == self.fleet.version, "desired document applied")
        return gateway

    async def node(self, name: str) -> Node:
        client = await self._stack.enter_async_context(aiomqtt.Client("127.0.0.1", self.broker.port))
        node = Node(name, client)
        task = asyncio.create_task(node.listen())
        self._stack.push_async_callback(_end, task)
        await node.subscribed.wait()
        return node


@pytest.fixture
async def site(tmp_path: Path, broker: Broker, fleet: StandInFleet) -> AsyncIterator[Site]:
    async with AsyncExitStack() as stack:
        site = Site(tmp_path / "state", broker, fleet, stack)
        yield site
        await site.stop()


async def until(condition: Callable[[], object], what: str, within_s: float = 30) -> None:
    """For states of the gateway that announce themselves to nobody: looked at again and again."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.005)


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError, aiomqtt.MqttError):
        await task


def _identity(fleet: StandInFleet) -> bytes:

    return json.dumps(fleet.identity()).encode()
