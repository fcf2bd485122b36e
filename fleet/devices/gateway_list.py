"""The gateways of the district as people see them."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from contract.site import device_api
from fleet.devices import tables
from fleet.devices.gateway_reports import GatewayReport, newest_report
from fleet.devices.scopes import of_gateways
from fleet.errors import NotFoundError
from fleet.people.rights import WHOLE, Scope


@dataclass(frozen=True, slots=True)
class Refusal:
    reason: str
    count: int
    last_ms: int
    last_detail: str


@dataclass(frozen=True, slots=True)
class GatewayView:
    """refused: items of its deliveries that the fleet refused. counters: as the gateway last reported them. clock_skew_ms: by how much the
    clock of its site was ahead of ours when the head of a delivery arrived, the newest that stated it, at clock_heard_ms; the way there
    takes its time, and makes it less by as much."""

    id: str
    site: str
    enrolled_ms: int | None
    seen_ms: int | None
    desired_version: int
    reported: GatewayReport | None
    counters: dict[str, int]
    refused: list[Refusal]
    notes: str = ""
    retired_ms: int | None = None
    clock_skew_ms: int | None = None
    clock_heard_ms: int | None = None


@dataclass(frozen=True, slots=True)
class GatewaySummary:
    """A line of the list. ok, state, in_force: of its newest report, None before the first. refused: items of its deliveries that the fleet
    refused, all together. clock_skew_ms, clock_heard_ms: as in GatewayView."""

    id: str
    site: str
    enrolled_ms: int | None
    seen_ms: int | None
    desired_version: int
    reported_version: int | None
    ok: bool | None
    state: device_api.TrialState | None
    in_force: int | None
    refused: int
    notes: str
    retired_ms: int | None
    clock_skew_ms: int | None
    clock_heard_ms: int | None


def summaries(
    connection: Connection,
    refused: Mapping[str, list[Refusal]],
    with_retired: bool,
    limit: int,
    after: str | None,
    scope: Scope = WHOLE,
) -> list[GatewaySummary]:
    """By name. refused: by gateway, out of the record. after: the last one of the page before. scope: that who asks may see."""
    table, report = tables.gateway, tables.gateway_report
    query = select(table, report.c.version, report.c.ok, report.c.state, report.c.in_force).outerjoin(report)
    query = query.where(*of_gateways(table.c.id, scope)).order_by(table.c.id).limit(limit)
    if not with_retired:
        query = query.where(table.c.retired_ms.is_(None))
    if after is not None:
        query = query.where(table.c.id > after)
    return [
        GatewaySummary(
            row.id, row.site_id, row.enrolled_ms, row.seen_ms, row.desired_version, row.version, row.ok, row.state, row.in_force,
            sum(one.count for one in refused.get(row.id, [])), row.notes, row.retired_ms,
            row.clock_skew_ms, row.clock_heard_ms,
        )
        for row in connection.execute(query)
    ]  # fmt: skip


def heard_of(connection: Connection) -> list[tuple[str, str, int]]:
    """(gateway, its site, when it was heard of last) of each that was ever heard of and is in use."""
    columns = tables.gateway.c
    query = select(columns.id, columns.site_id, columns.seen_ms).where(columns.seen_ms.is_not(None), columns.retired_ms.is_(None))
    return [(row.id, row.site_id, row.seen_ms) for row in connection.execute(query.order_by(columns.id))]


def gateway(connection: Connection, refused: Mapping[str, list[Refusal]], name: str) -> GatewayView:
    """refused: by gateway, out of the record. Raises NotFoundError."""
    row = connection.execute(select(tables.gateway).where(tables.gateway.c.id == name)).first()
    if row is None:
        raise NotFoundError("gateway", name)
    counter = tables.gateway_counter
    counted = connection.execute(select(counter).where(counter.c.gateway_id == name).order_by(counter.c.name))
    return GatewayView(
        row.id, row.site_id, row.enrolled_ms, row.seen_ms, row.desired_version, newest_report(connection, name),
        {one.name: one.value for one in counted}, refused.get(name, []), row.notes, row.retired_ms,
        row.clock_skew_ms, row.clock_heard_ms,
    )  # fmt: skip
