"""The stand-in fleet for the gateway's figures, in a process of its own: it judges no item, and answers a millisecond after it was asked.

python -m hil_tests.bench.fast_fleet PORT RULES NODE=KEY ...      RULES: JSON, a list

It prints a line for each batch: how many items, a space, and JSON {"at": monotonic s, "items": [[node, kind, seq], ...]}; one without
items when it listens.
Its memory is its process: started again, it knows no item.
"""

import asyncio
import json
import sys
import time
from typing import Any

import msgspec

from contract.site import device_api
from contract.site import device_api_keys as keys
from hil_tests.stand_in_fleet import bodies
from hil_tests.stand_in_fleet.fleet import StandInFleet
from hil_tests.stand_in_fleet.http import Request, Response

GATEWAY = "gw-bench"
_ANSWER_S = 0.001


class FastFleet(StandInFleet):
    def __init__(self, port: int) -> None:
        super().__init__(GATEWAY, bodies.trusting, port)
        self.longest_wait_s = 10
        self._known: set[tuple[str, str, int]] = set()
        self._arrived: list[tuple[str, str, int]] = []

    async def ingest(self, request: Request) -> Response:
        at = time.monotonic()
        response = await super().ingest(request)
        arrived, self._arrived = self._arrived, []
        print_arrivals(at, arrived)
        await asyncio.sleep(_ANSWER_S)
        return response

    def record_item(self, item: dict[str, Any]) -> str:
        key = (item[keys.NODE], item[keys.BOOT], item[keys.SEQ])
        self._arrived.append((item[keys.NODE], item[keys.KIND], item[keys.SEQ]))
        if key in self._known:
            return device_api.DUPLICATE
        self._known.add(key)
        return device_api.ACCEPTED


def print_arrivals(at: float, items: list[tuple[str, str, int]]) -> None:
    print(len(items), msgspec.json.encode({"at": at, "items": items}).decode(), flush=True)  # noqa: T201 - what it is for


async def main(port: int, rules: list[Any], nodes: dict[str, str]) -> None:
    fleet = FastFleet(port)
    await fleet.desire([{"node": node, "key": key, "settings": {}, "settings_version": 0} for node, key in nodes.items()], rules=rules)
    await fleet.start()
    print_arrivals(time.monotonic(), [])  # it accepts connections from here on
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), json.loads(sys.argv[2]), dict(pair.split("=") for pair in sys.argv[3:])))
