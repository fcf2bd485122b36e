"""What a gateway reports of itself: its answer to the desired document, and its counters."""

import json
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select

from contract.faults import Fault
from contract.site import device_api
from fleet.devices import tables
from fleet.devices.gateways import desired_versions, mark_seen
from fleet.errors import InvalidError
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


class ReportNumber(NamedTuple):
    """boot: of the gateway's program."""

    boot: str
    seq: int


def record_report(
    connection: Connection, gateway: str, report: GatewayReport, counters: dict[str, int], number: ReportNumber | None = None
) -> None:
    """Reports may come late, twice and out of order. A verdict on a version never gives way to one on an older version, nor the end of a
    trial to its beginning; what came late within one run of the gateway's program changes nothing.

    Raises InvalidError on a version that cannot be: what is recorded of it would hide all that are true.
    """
    most = desired_versions(connection, {gateway})[gateway] + device_api.MAX_VERSIONS_AHEAD
    claimed = (("version", report.version), ("in_force", report.in_force))
    faults = [Fault((key,), f"at most {most}", version) for key, version in claimed if version is not None and version > most]
    if faults:
        raise InvalidError(*faults)
    mark_seen(connection, gateway, report.at_ms)
    query = select(tables.gateway_report).where(tables.gateway_report.c.gateway_id == gateway)
    known = connection.execute(query.with_for_update()).first()
    if known is not None and number is not None and known.boot == number.boot and number.seq <= known.seq:
        return
    row: dict[str, Any] = {"gateway_id": gateway, "in_force": report.in_force}
    row |= {"boot": number.boot, "seq": number.seq} if number else {"boot": None, "seq": None}
    verdict = known if known is not None and _is_newer(known, report) else report
    row |= {"version": verdict.version, "ok": verdict.ok, "at_ms": verdict.at_ms, "state": verdict.state}
    row["faults"] = known.faults if verdict is known else json.dumps(report.faults)
    insert_or_replace(connection, tables.gateway_report, [row])
    _replace_counters(connection, gateway, counters)


def _is_newer(known: Any, report: GatewayReport) -> bool:
    if known.version != report.version:
        return bool(known.version > report.version)
    return report.state == device_api.ON_TRIAL and known.state not in (None, device_api.ON_TRIAL)


def _replace_counters(connection: Connection, gateway: str, counters: dict[str, int]) -> None:
    connection.execute(delete(tables.gateway_counter).where(tables.gateway_counter.c.gateway_id == gateway))
    if counters:
        rows = [{"gateway_id": gateway, "name": name, "value": value} for name, value in counters.items()]
        connection.execute(insert(tables.gateway_counter), rows)


def forget_report(connection: Connection, gateway: str) -> None:
    """It begins anew, with no document at all: what it reported before says nothing any more."""
    connection.execute(delete(tables.gateway_report).where(tables.gateway_report.c.gateway_id == gateway))


def newest_report(connection: Connection, gateway: str) -> GatewayReport | None:
    """The gateway's last answer to its desired document."""
    query = select(tables.gateway_report).where(tables.gateway_report.c.gateway_id == gateway)
    row = connection.execute(query).first()
    return _report(row) if row else None


def _report(row: Any) -> GatewayReport:
    return GatewayReport(row.version, row.ok, json.loads(row.faults), row.at_ms, row.state, row.in_force)
