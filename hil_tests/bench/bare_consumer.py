"""What the durable path is compared with: consumers that count what comes and keep none of it.

python -m hil_tests.bench.bare_consumer KIND PORT COUNT      KIND: loop, queue or socket

It prints {"subscribed": monotonic s}, and {"counted": monotonic s} when COUNT messages have come.

    loop    aiomqtt's own loop, a message at a time: the peer
    queue   aiomqtt behind the gateway's batching queue: the strongest consumer on the same library
    socket  a bare socket, publishes counted by their length: the limit of this broker
"""

import asyncio
import json
import socket
import sys
import time

import aiomqtt

from contract import topics
from gateway.carriers.intake_queue import IntakeQueue
from gateway.carriers.mqtt import client
from gateway.configuration import MqttSection
from gateway.counters import Counters
from hil_tests.mqtt.packets import CONNECT_ACCEPTED, SUBSCRIBED, PacketCounter, connect, subscribe

_PAUSE_S = 0.002  # of the gateway's carrier, in which more arrives to be taken at once
_CHUNK_BYTES = 1 << 16


async def in_loop(port: int, count: int) -> None:
    async with aiomqtt.Client("127.0.0.1", port) as connection:
        await connection.subscribe(topics.EVERY_UP)
        _report("subscribed")
        async for _ in connection.messages:
            count -= 1
            if not count:
                break
        _report("counted")


async def behind_queue(port: int, count: int) -> None:
    queue = IntakeQueue(Counters(), messages=count, bytes_=1 << 30, share_percent=100)
    async with client(MqttSection(host="127.0.0.1", port=port), "consumer", queue) as connection:
        await connection.subscribe(topics.EVERY_UP)
        _report("subscribed")
        async for message in connection.messages:
            count -= len(queue.pop_all(message, topics.PREFIX))
            if count <= 0:
                break
            await asyncio.sleep(_PAUSE_S)
        _report("counted")


async def on_socket(port: int, count: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.sendall(connect("consumer"))
        assert link.recv(len(CONNECT_ACCEPTED), socket.MSG_WAITALL) == CONNECT_ACCEPTED
        link.sendall(subscribe(topics.EVERY_UP))
        assert link.recv(len(SUBSCRIBED), socket.MSG_WAITALL) == SUBSCRIBED
        _report("subscribed")
        counter = PacketCounter()
        while count > 0:
            count -= counter.feed(link.recv(_CHUNK_BYTES))
        _report("counted")


CONSUMERS = {"loop": in_loop, "queue": behind_queue, "socket": on_socket}


def _report(event: str) -> None:
    print(json.dumps({event: time.monotonic()}), flush=True)  # noqa: T201 - what it is for


if __name__ == "__main__":
    asyncio.run(CONSUMERS[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3])))
