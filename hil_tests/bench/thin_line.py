"""A line of few bytes a second between a gateway and its fleet, with the buffer of a modem: what is sent too early stands in it, and
all that comes later waits behind it.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PACKET_BYTES = 1000
HELD = 64  # packets in the modem, each way
Direction = asyncio.Queue[tuple[bytes, asyncio.StreamWriter]]  # an empty packet ends its connection


@contextmanager
def thin_line(bytes_per_s: float, to_port: int) -> Iterator[int]:
    """The port of a line to another port of this machine; it is served by a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        line = ThinLine(bytes_per_s, to_port)
        yield asyncio.run_coroutine_threadsafe(line.listen(), loop).result(10)
    finally:
        asyncio.run_coroutine_threadsafe(_end_all(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


async def _end_all() -> None:
    """Of its loop: connections that are still open."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


class ThinLine:
    """`bytes_per_s` each way, for all connections together; in each direction a queue of `HELD` packets, first in, first out."""

    def __init__(self, bytes_per_s: float, to_port: int) -> None:
        self._byte_s = 1 / bytes_per_s
        self._to_port = to_port
        self._up, self._down = Direction(HELD), Direction(HELD)

    async def listen(self) -> int:
        """The port on which it listens from now on."""
        self._carrying = [asyncio.create_task(self._carry(direction)) for direction in (self._up, self._down)]
        server = await asyncio.start_server(self._serve, "127.0.0.1", limit=PACKET_BYTES)
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def _carry(self, direction: "Direction") -> None:
        while True:
            data, writer = await direction.get()
            await asyncio.sleep(len(data) * self._byte_s)
            if data:
                writer.write(data)
            else:
                writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to_port, limit=PACKET_BYTES)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_queue_all(reader, far_writer, self._up), _queue_all(far_reader, writer, self._down))


async def _queue_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: "Direction") -> None:
    with suppress(ConnectionError):
        while data := await reader.read(PACKET_BYTES):
            await direction.put((data, writer))
    await direction.put((b"", writer))
