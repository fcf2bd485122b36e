"""The pages for people. Read only, open to anyone who reaches the port: what the air is like is public, who may change things is not.

Each page asks itself for newer values under /live: the same address gives its parts there.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path as FilePath
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Response
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import StringConstraints
from sqlalchemy import Connection
from starlette.types import Scope

from air.index import pm2_5
from contract.site import display_names as names
from contract.values import MAX_INT
from fleet.api.dependencies import ID_PATTERN, ServiceDependency
from fleet.errors import NotFoundError
from fleet.http.answers import REVALIDATED
from fleet.pages import bands, node_rows, reading, words
from fleet.pages import chart as charts
from fleet.pages.event_particulars import particulars
from fleet.pages.overview import PAGE_ROWS, Overview, View, overview
from fleet.pages.rendering import VisitorDependency
from fleet.pages.shared_route import SharedRoute
from fleet.pages.wording import Wording
from fleet.record import chart_means, hour_means
from fleet.record.hour_means import HourMean
from fleet.record.latest import NodeLatest
from fleet.service import Service

_FOLDER = FilePath(__file__).parent


class _StaticFiles(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(REVALIDATED)
        return response


router = APIRouter(include_in_schema=False, route_class=SharedRoute)
static_files = _StaticFiles(directory=_FOLDER / "static")

T = TypeVar("T")
_Text = Annotated[str, Query(max_length=100)]
_Key = Annotated[str, Query(max_length=40)]
# Whatever stands there: what does not exist is not found, whether it could or not.
_Name = Annotated[str, Path(max_length=100)]
NodeName = Annotated[str, StringConstraints(pattern=ID_PATTERN)]


def _view(q: _Text = "", state: _Key = "", site: _Key = "", gateway: _Key = "", group: _Key = "site", page: _Key = "1") -> View:
    """What cannot be is as if it had not been wished: an address may be old, or typed."""
    number = int(page) if page.isdecimal() and len(page) < 6 else 1
    return View(q, state if state in words.STATES else "", site, gateway, group if group in words.GROUPINGS else "site", max(1, number))


def _chart_choice(quantity: _Key = "", span: _Key = "1h", from_: Annotated[str, Query(alias="from", max_length=40)] = "",
                  to: _Key = "") -> dict[str, Any]:  # fmt: skip
    """Of the chart on a page; the page's script reads from and to out of the address by itself."""
    return {"quantity": quantity, "span": span if span in charts.SPANS else "1h"}


_ViewDependency = Annotated[View, Depends(_view)]
_ChartDependency = Annotated[dict[str, Any], Depends(_chart_choice)]


@router.get("/")
@router.get("/live/overview")
def live(visitor: VisitorDependency, service: ServiceDependency, view: _ViewDependency, chart: _ChartDependency) -> Response:
    now_ms = service.clock.utc_ms()
    found = service.read(lambda connection: reading.district(connection, service.current_nodes, now_ms))
    current = found.current
    shown = overview(current.nodes, current.latest, current.at_ms, view, visitor.wording)
    means = service.read(lambda connection: hour_means.of_dust(connection, [row.id for row in shown.rows], now_ms))
    context = {
        **_band_context(means, visitor.wording),
        "at_ms": current.at_ms,
        "overview": shown,
        "tiles": _tiles(shown, visitor.wording),
        "alarms": found.alarms[: reading.MOST_ALARMS],
        "more_alarms": len(found.alarms) > reading.MOST_ALARMS,
        "tests": found.tests,
        "places": found.places,
        "page_rows": PAGE_ROWS,
        "groupings": words.GROUPINGS,
    }
    return visitor.shown("live", {**context, **_chart_context(current.latest, chart, visitor.wording)})


@router.get("/nodes/{node}")
@router.get("/live/nodes/{node}")
def node(node: _Name, visitor: VisitorDependency, service: ServiceDependency, chart: _ChartDependency) -> Response:
    now_ms = service.clock.utc_ms()
    found = _read(service, lambda connection: reading.one_node(connection, now_ms, node))
    row = node_rows.row(found.node, found.latest, now_ms, visitor.wording)
    means = service.read(lambda connection: hour_means.of_dust(connection, [node], now_ms))

    def sensor(slot: int) -> str:
        return names.part(found.parts[slot]) if slot in found.parts else visitor.wording.translate("sensor %d") % slot

    context = {
        "at_ms": now_ms,
        "row": row,
        "node": found.node,
        "sensor": sensor,
        "shown": node,
        "particulars": particulars(visitor.wording),
    }
    context |= {"alarms": found.alarms, "places": found.places, "events": found.events}
    context |= _band_context(means, visitor.wording)
    context |= {"faults": found.faults, "boot": found.boot, "missing": found.missing}
    return visitor.shown("node", {**context, **_chart_context([NodeLatest(node, found.latest)], chart, visitor.wording)})


@router.get("/gateways/{gateway}")
@router.get("/live/gateways/{gateway}")
def gateway(gateway: _Name, visitor: VisitorDependency, service: ServiceDependency) -> Response:
    now_ms = service.clock.utc_ms()
    found = _read(service, lambda connection: reading.one_gateway(connection, service.current_nodes, gateway))
    current = found.current
    wording = visitor.wording
    seen_s = None if found.gateway.seen_ms is None else max(0.0, (now_ms - found.gateway.seen_ms) / 1000)
    mark, state = words.gateway_state(seen_s)
    reported = found.gateway.reported
    shown = overview(current.nodes, current.latest, current.at_ms, View(group="none"), wording)
    means = service.read(lambda connection: hour_means.of_dust(connection, [row.id for row in shown.rows], now_ms))
    context = {
        **_band_context(means, wording),
        "at_ms": current.at_ms,
        "gateway": found.gateway,
        "seen_s": seen_s,
        "mark": mark,
        "state_name": wording.translate(state),
        "configuration": wording.translate(words.TRIAL_STATES[reported.state]) if reported and reported.state else "",
        "refusal": lambda reason: names.name(names.REFUSALS, reason, wording.code) if reason in names.REFUSALS else reason,
        "overview": shown,
        "alarms": found.alarms,
        "places": found.places,
        "events": found.events,
        "shown": gateway,
        "particulars": particulars(wording),
    }
    return visitor.shown("gateway", context)


@router.get("/alarms")
@router.get("/live/alarms")
def alarms(visitor: VisitorDependency, service: ServiceDependency) -> Response:
    found = service.read(reading.all_alarms)
    return visitor.shown("alarms", {"at_ms": service.clock.utc_ms(), "open": found.open, "past": found.past, "places": found.places})


@router.get("/live/chart.json")
def chart(
    service: ServiceDependency,
    quantity: _Key,
    span: _Key = "1h",
    node: Annotated[list[NodeName], Query(max_length=charts.MOST_NODES)] = [],  # noqa: B006 - pydantic copies it
    from_ms: Annotated[int | None, Query(ge=0, le=MAX_INT)] = None,
    to_ms: Annotated[int | None, Query(ge=0, le=MAX_INT)] = None,
) -> Response:
    """Lines of the nodes that are named, else of the first ones by name that have the quantity:

    {quantity, unit, decimals, from_s, to_s, times: [s], lines: [{label, values}], shown_nodes, all_nodes}; a value is null where the line
    has no point at that time.
    """
    wanted = charts.steps(span, from_ms, to_ms, service.clock.utc_ms())
    found = service.read(lambda connection: chart_means.read(connection, quantity, node, charts.MOST_NODES, wanted))
    times, lines = charts.chart_lines(found.lines)
    shown = {
        "quantity": quantity,
        "unit": names.unit(found.unit),
        "decimals": names.decimals(quantity),
        "from_s": wanted.from_ms / 1000,
        "to_s": wanted.to_ms / 1000,
        "times": times,
        "lines": [{"label": label, "values": values} for label, values in lines],
        "shown_nodes": len(found.nodes),
        "all_nodes": found.all_nodes,
    }
    return JSONResponse(shown)


def _read(service: Service, work: Callable[[Connection], T]) -> T:
    """What is not there has no page."""
    try:
        return service.read(work)
    except NotFoundError as error:
        raise HTTPException(HTTPStatus.NOT_FOUND) from error


def _tiles(shown: Overview, wording: Wording) -> list[dict[str, Any]]:
    """Of each state, and of all nodes; states that are rare only where there are any."""
    everything = {"name": wording.translate("nodes"), "count": shown.total, "mark": "", "state": ""}
    of_states = [
        {
            "name": wording.translate(words.STATE_NAMES[state]),
            "count": shown.counts[state],
            "mark": words.STATE_MARKS[state],
            "state": state,
        }
        for state in words.TILES
        if shown.counts[state] or state not in words.RARE
    ]
    return [
        {**tile, "address": shown.view.address(state=tile["state"]), "here": tile["state"] == shown.view.state}
        for tile in (everything, *of_states)
    ]


def _band_context(means: Mapping[str, list[HourMean]], wording: Wording) -> dict[str, Any]:
    return {"bands": bands.bands(means, wording), "legend": bands.legend(wording), "dust": hour_means.DUST, "standard": pm2_5.STANDARD}


def _chart_context(latest: list[NodeLatest], chart: dict[str, Any], wording: Wording) -> dict[str, Any]:
    spans = [(key, wording.translate(label)) for key, label in charts.SPANS.items()]
    return {**chart, "choices": charts.choices(latest, wording), "spans": spans}
