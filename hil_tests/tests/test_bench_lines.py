"""What the bench's references are made of: a line of few bytes a second."""

import asyncio
import time

from hil_tests.bench.thin_line import thin_line


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1000):
        writer.write(data)
    writer.close()


async def _through(port: int, data: bytes) -> float:
    """Seconds until it came back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    started = time.monotonic()
    writer.write(data)
    assert await reader.readexactly(len(data)) == data
    writer.close()
    return time.monotonic() - started


async def test_a_thin_line_takes_as_long_as_its_bytes_need() -> None:
    server = await asyncio.start_server(_echo, "127.0.0.1")
    with thin_line(20_000, server.sockets[0].getsockname()[1]) as port:
        assert await _through(port, bytes(10_000)) >= 0.5
    server.close()


async def test_on_a_thin_line_a_short_message_waits_behind_a_long_one_of_another_connection() -> None:
    server = await asyncio.start_server(_echo, "127.0.0.1")
    with thin_line(40_000, server.sockets[0].getsockname()[1]) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(bytes(20_000))
        await reader.readexactly(1)  # the long one is on its way, up to its end
        assert await _through(port, bytes(10)) >= 0.3
        writer.close()
    server.close()
