"""Who may say what at the broker: the real Mosquitto with the files that the gateway and its installation write."""

import asyncio
import os
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import pytest

from contract import topics
from contract.site import broker_access as contract_access
from gateway.broker import broker_access
from gateway.broker.password_file import RETRY_S, BrokerPasswordFile, write
from gateway.configuration import MqttSection
from gateway.counters import Counters
from gateway.tests.conftest import until
from gateway.tests.installed_broker import PASSWORD, InstalledBroker, client, gateway_client, node_client
from gateway.tests.parts import make_telemetry
from gateway.tests.site import key_of

NODES = {node: key_of(node) for node in ("n-1", "n-2")}
STRANGERS = contract_access.password(key_of("n-3"))
USER = "gateway"


def test_the_same_nodes_give_the_same_file_and_the_order_does_not_matter() -> None:
    one = broker_access.passwords(USER, PASSWORD, NODES)
    assert one == broker_access.passwords(USER, PASSWORD, dict(reversed(NODES.items())))
    assert [line.split(":")[0] for line in one.splitlines()] == [USER, "n-1", "n-2"]


def test_a_node_of_the_gateways_name_does_not_take_its_place() -> None:
    assert broker_access.passwords(USER, PASSWORD, {USER: key_of("x")}) == broker_access.passwords(USER, PASSWORD, {})


def test_the_file_is_written_only_when_it_changes(tmp_path: Path) -> None:
    content = broker_access.passwords(USER, PASSWORD, NODES)
    assert [write(tmp_path, content) for _ in range(2)] == [True, False]
    assert (tmp_path / broker_access.PASSWORDS).stat().st_mode & 0o777 == 0o640


def test_a_file_that_the_card_has_damaged_is_written_anew(tmp_path: Path) -> None:
    (tmp_path / broker_access.PASSWORDS).write_bytes(b"gateway:\xff\xfe")
    content = broker_access.passwords(USER, PASSWORD, NODES)
    assert write(tmp_path, content) and (tmp_path / broker_access.PASSWORDS).read_text() == content


@asynccontextmanager
async def password_file(folder: Path, retry_s: float = RETRY_S) -> AsyncIterator[tuple[BrokerPasswordFile, Counters]]:
    telemetry = make_telemetry()
    counters = telemetry.counters
    section = MqttSection(user=USER, password=PASSWORD, access_folder=str(folder))
    keeper = BrokerPasswordFile(section, telemetry, retry_s)
    running = asyncio.create_task(keeper.run())
    yield keeper, counters
    running.cancel()


async def test_the_event_loop_goes_on_while_the_file_is_looked_at_and_written(tmp_path: Path) -> None:
    pipe = tmp_path / broker_access.PASSWORDS
    os.mkfifo(pipe)  # a reader waits until somebody writes
    rescue = threading.Timer(20, _writes_to, [pipe])  # of a test whose loop does not go on
    rescue.start()
    async with password_file(tmp_path) as (keeper, counters):
        keeper.set_nodes(NODES)
        await until(lambda: _writes_to(pipe), "read by somebody else than this loop", within_s=10)
        await until(lambda: counters["broker.access_written"], "written")
    assert rescue.is_alive()
    rescue.cancel()
    assert pipe.read_text() == broker_access.passwords(USER, PASSWORD, NODES)


async def test_the_newest_nodes_are_the_last_ones_written_however_long_the_write_before_takes(tmp_path: Path) -> None:
    pipe = tmp_path / broker_access.PASSWORDS
    os.mkfifo(pipe)  # the thread that looks at the existing file waits until somebody writes
    rescue = threading.Timer(20, _writes_to, [pipe])
    rescue.start()
    async with password_file(tmp_path) as (keeper, counters):
        keeper.set_nodes({f"n-{number}": key_of("n") for number in range(1000)})
        await until(lambda: _writes_to(pipe), "the first write under way", within_s=10)
        keeper.set_nodes(NODES)
        await until(lambda: counters["broker.access_written"] == 2, "both written")
    rescue.cancel()
    assert (tmp_path / broker_access.PASSWORDS).read_text() == broker_access.passwords(USER, PASSWORD, NODES)


async def test_a_folder_that_comes_back_gets_its_file(tmp_path: Path) -> None:
    async with password_file(tmp_path / "later", retry_s=0.01) as (keeper, counters):
        keeper.set_nodes(NODES)
        await until(lambda: counters["broker.access_failed"], "told")
        (tmp_path / "later").mkdir()
        await until(lambda: counters["broker.access_written"], "written after all")


def _writes_to(pipe: Path) -> bool:
    """Whether somebody reads it."""
    try:
        os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[InstalledBroker]:
    made = InstalledBroker(tmp_path, NODES)
    made.start()
    yield made
    made.stop()


async def heard(listener: aiomqtt.Client, until: str) -> list[str]:
    topics_ = []
    async with asyncio.timeout(10):
        async for message in listener.messages:
            topics_.append(message.topic.value)
            if message.topic.value == until:
                break
    return topics_


@pytest.mark.hil
async def test_a_node_speaks_for_itself_only(broker: InstalledBroker) -> None:
    async with gateway_client(broker) as gateway:
        await gateway.subscribe(topics.EVERY_UP)
        for of in ("n-2", "gateway", "n-1"):
            await says(broker, "n-1", of)
        own = topics.topic(topics.UP, "n-1", "log")
        assert await heard(gateway, own) == [own]


@pytest.mark.hil
async def test_a_node_hears_what_is_for_itself_only(broker: InstalledBroker) -> None:
    async with gateway_client(broker) as gateway, node_client(broker, "n-1") as node:
        await node.subscribe("airgrid/1/#")
        await node.subscribe(topics.every_down("n-2"))
        await node.subscribe(topics.every_down("n-1"))
        for of in ("n-2", "n-1"):
            await gateway.publish(topics.topic(topics.DOWN, of, "ack"), b"x")
        own = topics.topic(topics.DOWN, "n-1", "ack")
        assert await heard(node, own) == [own]


@pytest.mark.hil
@pytest.mark.parametrize(
    ("user", "password"),
    [(None, None), ("n-1", "guess"), ("n-3", STRANGERS), (USER, "")],
)
async def test_others_are_not_let_in(broker: InstalledBroker, user: str | None, password: str | None) -> None:
    with pytest.raises(aiomqtt.MqttError):
        async with client(broker.port, user, password):
            pass


@pytest.mark.hil
async def test_a_new_node_is_let_in_without_a_restart(broker: InstalledBroker) -> None:
    async with gateway_client(broker) as gateway:
        await gateway.subscribe(topics.EVERY_UP)
        broker.let_in({**NODES, "n-3": key_of("n-3")})
        broker.read_again()
        async with asyncio.timeout(10):
            while not await set_nodes(broker, "n-3"):
                await asyncio.sleep(0.05)
        own = topics.topic(topics.UP, "n-3", "log")
        assert await heard(gateway, own) == [own]


@pytest.mark.hil
@pytest.mark.parametrize("of", ["gateway", "airgrid-gateway-gw-1", "n-2", ""])
async def test_no_name_that_a_node_gives_itself_ends_the_session_of_another(broker: InstalledBroker, of: str) -> None:
    """The gateway and another node are connected by the same sessions before and after, and hear what is for them."""
    async with gateway_client(broker) as gateway, node_client(broker, "n-2") as other:
        await gateway.subscribe(topics.EVERY_UP)
        await other.subscribe(topics.every_down("n-2"))
        for _ in range(10):
            async with node_client(broker, "n-1", of) as attacker:
                await attacker.publish(topics.topic(topics.UP, "n-1", "log"), b"x")
        await other.publish(topics.topic(topics.UP, "n-2", "log"), b"x")
        await gateway.publish(topics.topic(topics.DOWN, "n-2", "ack"), b"x")
        own = topics.topic(topics.UP, "n-2", "log")
        assert await heard(gateway, own) == [topics.topic(topics.UP, "n-1", "log")] * 10 + [own]
        assert await heard(other, topics.topic(topics.DOWN, "n-2", "ack"))


@pytest.mark.hil
async def test_the_gateway_gets_in_when_strangers_have_every_place_of_the_nodes(broker: InstalledBroker) -> None:
    places = 4000
    strangers = await asyncio.to_thread(_connect_silently, broker.port, places + 100)
    try:
        with pytest.raises(aiomqtt.MqttError):
            async with node_client(broker, "n-1"):
                pass
        async with gateway_client(broker) as gateway:
            await gateway.publish(topics.topic(topics.DOWN, "n-2", "ack"), b"x")
    finally:
        for stranger in strangers:
            stranger.close()


def _connect_silently(port: int, count: int) -> list[socket.socket]:
    return [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(count)]


async def set_nodes(broker: InstalledBroker, node: str) -> bool:
    return await says(broker, node, node)


async def says(broker: InstalledBroker, node: str, of: str) -> bool:
    """On a connection of its own: some versions of Mosquitto hang up on who publishes what he may not."""
    try:
        async with node_client(broker, node) as connection:
            await connection.publish(topics.topic(topics.UP, of, "log"), b"x")
            return True
    except aiomqtt.MqttError:
        return False
