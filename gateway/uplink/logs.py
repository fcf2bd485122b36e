"""Passes log lines of nodes on to the fleet, now and then. A line that cannot be passed on is dropped and counted."""

import asyncio

from gateway.errors import FleetError
from gateway.reception.node_logs import NodeLogs
from gateway.uplink.fleet_api import FleetApi

_GATHER_S = 5.0


async def forward_logs(logs: NodeLogs, api: FleetApi) -> None:
    while True:
        await logs.waiting.wait()
        await asyncio.sleep(_GATHER_S)
        lines = logs.take()
        try:
            await api.logs(lines)
        except FleetError:
            logs.dropped(len(lines))
