"""What a gateway reports of itself: its answer to the desired document, and its counters."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from contract.site import device_api
from fleet.devices import tables
from fleet.devices.gateways import mark_seen
from fleet.store.dialect import insert_or_replace


@dataclass(frozen=True, slots=True)
class GatewayReport:
    """state: of that version; returned and refused with why. in_force: the version that the gateway runs on."""

    version: int
    ok: bool
    faults: list[str]
    at_ms: int
    state: device_api.TrialState | None = None
    in_force: int | None = None


def record_report(connection: Connection, gateway: str, report: GatewayReport, counters: dict[str, int]) -> None:
    row = {"gateway_id": gateway, "version": report.version, "ok": report.ok, "at_ms": report.at_ms}
    row |= {"state": report.state, "in_force": report.in_force}
    insert_or_replace(connection, tables.gateway_report, [{**row, "faults": json.dumps(report.faults)}])
    connection.execute(delete(tables.gateway_counter).where(tables.gateway_counter.c.gateway_id == gateway))
    if counters:
        rows = [{"gateway_id": gateway, "name": name, "value": value} for name, value in counters.items()]
        connection.execute(insert(tables.gateway_counter), rows)
    mark_seen(connection, gateway, report.at_ms)


def newest_report(connection: Connection, gateway: str) -> GatewayReport | None:
    """The gateway's last answer to its desired document."""
    query = select(tables.gateway_report).where(tables.gateway_report.c.gateway_id == gateway)
    row = connection.execute(query).first()
    return _report(row) if row else None


def _report(row: Any) -> GatewayReport:
    return GatewayReport(row.version, row.ok, json.loads(row.faults), row.at_ms, row.state, row.in_force)
