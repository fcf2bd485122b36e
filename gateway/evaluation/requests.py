"""Sends nodes the requests to report more often (faster.py), for ever."""

import asyncio
import contextlib

from contract import messages
from gateway.counters import Counters
from gateway.evaluation.faster import FasterRequests
from gateway.reception.reception import Reception
from gateway.time.site_time import SiteTime

_LOOK_S = 1.0  # for nodes that started anew, and what was not shown


async def send_requests(faster: FasterRequests, moved: asyncio.Event, reception: Reception, site: SiteTime, counters: Counters) -> None:
    while True:
        boots = {node: heard.boot for node, heard in reception.heard.items()}
        while request := faster.next_action(boots, site.monotonic_s(), site.utc_ms() // 1000):
            counters.add("faster.sent")
            reception.send(request.node, messages.DO, messages.write(request.body))
        moved.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_S):
                await moved.wait()
