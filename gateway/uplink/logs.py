"""Forwards log lines of nodes to the fleet, some seconds of them at a time. A line that cannot be forwarded is dropped and counted."""

import asyncio

from gateway.errors import FleetError
from gateway.reception.node_logs import NodeLogs
from gateway.uplink.fleet_api import FleetApi

GATHER_S = 5.0


async def forward_logs(logs: NodeLogs, api: FleetApi, gather_s: float) -> None:
    while True:
        await logs.waiting.wait()
        await asyncio.sleep(gather_s)
        lines = logs.pop_batch()
        try:
            await api.logs(lines)
        except FleetError:
            logs.dropped(len(lines))
