"""The peer of the durable path: aiomqtt with nothing behind it. Counts what comes and keeps none of it.

python -m hil_tests.bench.bare_consumer PORT COUNT

It prints {"subscribed": monotonic s}, and {"counted": monotonic s} when COUNT messages have come.
"""

import asyncio
import json
import sys
import time

import aiomqtt

from contract import topics


async def main(port: int, count: int) -> None:
    async with aiomqtt.Client("127.0.0.1", port) as client:
        await client.subscribe(topics.EVERY_UP)
        _tell("subscribed")
        async for _ in client.messages:
            count -= 1
            if not count:
                break
        _tell("counted")


def _tell(what: str) -> None:
    print(json.dumps({what: time.monotonic()}), flush=True)  # noqa: T201 - what it is for


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
