"""Strangers and a crowd before one site, all at once, in a process of their own: at the local page and at the broker's port for nodes.

python -m hil_tests.siege PAGE_PORT BROKER_PORT NODE PASSWORD       NODE: one that the broker lets in, and who has turned

Silent connections, halves of requests and of packets, viewers, viewers who take nothing, wrong PINs, wrong passwords, and the node with
the client ids of others. Whoever is closed comes back. It prints a line of JSON a second: how many of each have been done so far.
"""

import asyncio
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Awaitable, Callable

from hil_tests.mqtt import packets
from host.listening.descriptors import raise_soft_limit

IDLE = 2000
HALVES = 100
VIEWERS = 50
VIEWERS_WHO_TAKE_NOTHING = 20
GUESSERS = 10
KNOCKERS = 20
TURNED = 5
_COMES_BACK_S = 2.0
_VIEWER_EVERY_S = 3.0
_KNOCKS_EVERY_S = 0.5
_BATCH, _BATCH_PAUSE_S = 50, 0.05
_CONNACK_BYTES = 4

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Siege:
    def __init__(self, page_port: int, broker_port: int, node: str, password: str) -> None:
        self.page_port, self.broker_port = page_port, broker_port
        self.node, self.password = node, password
        self.done: Counter[str] = Counter()

    async def run(self) -> None:
        kinds: list[tuple[str, int, Callable[[int], Awaitable[None]]]] = [
            ("idle at the page", IDLE, lambda number: self.idle(self.page_port, number)),
            ("idle at the broker", IDLE, lambda number: self.idle(self.broker_port, number)),
            ("half requests", HALVES, self.half_request),
            ("half packets", HALVES, self.half_packet),
            ("viewers", VIEWERS, self.view),
            ("viewers who take nothing", VIEWERS_WHO_TAKE_NOTHING, self.take_nothing),
            ("wrong PINs", GUESSERS, self.guess),
            ("wrong passwords", KNOCKERS, self.knock),
            ("names of others", TURNED, self.take_a_name),
        ]
        tasks = []
        for kind, count, one in kinds:
            for number in range(count):
                tasks.append(asyncio.create_task(self.again_and_again(kind, one, number)))
                if number % _BATCH == 0:
                    await asyncio.sleep(_BATCH_PAUSE_S)
        self.done["all there"] = 1
        await asyncio.gather(*tasks)

    async def again_and_again(self, kind: str, one: Callable[[int], Awaitable[None]], number: int) -> None:
        while True:
            try:
                await one(number)
                self.done[kind] += 1
            except (OSError, EOFError, ValueError):
                self.done[f"{kind}: closed"] += 1
            await asyncio.sleep(_COMES_BACK_S * random.uniform(0.5, 1.5))

    async def idle(self, port: int, number: int) -> None:
        reader, writer = await self.connect(port, number)
        try:
            await reader.read()
        finally:
            writer.close()

    async def half_request(self, number: int) -> None:
        """A byte of a header each second."""
        _, writer = await self.connect(self.page_port, number)
        try:
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
            while not writer.is_closing():
                await asyncio.sleep(1)
                writer.write(b"x")
                await writer.drain()
        finally:
            writer.close()

    async def half_packet(self, number: int) -> None:
        """The beginning of a CONNECT that never ends, of the greatest size."""
        reader, writer = await self.connect(self.broker_port, number)
        try:
            writer.write(b"\x10\xff\x7f" + bytes(1000))
            await reader.read()
        finally:
            writer.close()

    async def view(self, number: int) -> None:
        """All viewers stand behind one address."""
        reader, writer = await self.connect(self.page_port, None)
        try:
            for _ in range(10):
                writer.write(b"GET /status.json HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n")
                await _read_answer(reader)
                self.done["answers to viewers"] += 1
                await asyncio.sleep(_VIEWER_EVERY_S)
        finally:
            writer.close()

    async def take_nothing(self, number: int) -> None:
        _, writer = await self.connect(self.page_port, number)
        try:
            writer.write(b"GET /page.js HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50)
            await asyncio.sleep(60)
        finally:
            writer.close()

    async def guess(self, number: int) -> None:
        reader, writer = await self.connect(self.page_port, random.randrange(10_000))
        body = json.dumps({"pin": f"{random.randrange(1_000_000):06}"}).encode()
        try:
            head = f"POST /alarm-test HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            await _read_answer(reader)
        finally:
            writer.close()

    async def knock(self, number: int) -> None:
        await self.log_in(number, "gateway", self.node, "guess")

    async def take_a_name(self, number: int) -> None:
        await self.log_in(number, "gateway" if number % 2 else "siege-1", self.node, self.password)

    async def log_in(self, number: int, client: str, user: str, password: str) -> None:
        reader, writer = await self.connect(self.broker_port, number)
        try:
            writer.write(packets.connect(client, user, password))
            await reader.readexactly(_CONNACK_BYTES)
            await asyncio.sleep(_KNOCKS_EVERY_S)
        finally:
            writer.close()

    async def connect(self, port: int, number: int | None) -> Streams:
        """From one of a thousand addresses; None: from one that all of these share."""
        source = "127.0.2.1" if number is None else f"127.1.{number // 4 % 250}.{1 + number % 4}"
        return await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))


async def _read_answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(int(length.partition(b":")[2]))


async def main(page_port: int, broker_port: int, node: str, password: str) -> None:
    siege = Siege(page_port, broker_port, node, password)
    running = asyncio.create_task(siege.run())
    while not running.done():
        print(json.dumps(siege.done), flush=True)  # noqa: T201 - what it is for
        await asyncio.sleep(1)
    running.result()


if __name__ == "__main__":
    raise_soft_limit()
    os.nice(19)  # strangers have processors of their own
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:5]))
