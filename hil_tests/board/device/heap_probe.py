# The greatest gc.mem_alloc() of what was really in use: collected, then looked at, in the pauses of the event loop. It does
# not see what lives only between two awaits of another task, and a program that makes a new event loop loses it.

import asyncio
import gc

import page
import words


async def _watch(period_ms: int) -> None:
    while True:
        gc.collect()
        used = gc.mem_alloc()
        if used > page.get(words.HEAP_PEAK_BYTES):
            page.put(words.HEAP_PEAK_BYTES, used)
        await asyncio.sleep_ms(period_ms)


def start(period_ms: int) -> None:
    asyncio.create_task(_watch(period_ms))  # noqa: RUF006 - the queue of the loop holds it
