"""A line of few bytes a second between a gateway and its fleet: a proxy that passes on packets of all connections in turn, each way."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PACKET_BYTES = 1000


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
    """`bytes_per_s` each way, shared by all connections."""

    def __init__(self, bytes_per_s: float, to_port: int) -> None:
        self._byte_s = 1 / bytes_per_s
        self._to_port = to_port
        # A lock serves who waits for it in turn: no connection waits for more than one packet of each other one.
        self._up, self._down = asyncio.Lock(), asyncio.Lock()

    async def listen(self) -> int:
        """The port on which it listens from now on."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", limit=PACKET_BYTES)
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to_port, limit=PACKET_BYTES)
        except OSError:
            writer.close()
            return
        await asyncio.gather(self._pump(reader, far_writer, self._up), self._pump(far_reader, writer, self._down))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: asyncio.Lock) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(PACKET_BYTES):
                async with direction:
                    await asyncio.sleep(len(data) * self._byte_s)
                writer.write(data)
                await writer.drain()
        writer.close()
