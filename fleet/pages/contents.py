"""What each page shows: of what is shared, and of what it reads for itself, in the words of its visitor. In a thread of the public's
readers.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import HTTPException, Response
from sqlalchemy import Connection

from air.index import pm2_5
from contract.site import display_names as names
from fleet.errors import NotFoundError
from fleet.pages import bands, node_rows, reading, words
from fleet.pages import chart as charts
from fleet.pages.district import MOST_ALARMS
from fleet.pages.event_particulars import particulars
from fleet.pages.map import contents as map_contents
from fleet.pages.map.contents import MapWish
from fleet.pages.overview import PAGE_ROWS, Overview, View, overview
from fleet.pages.public import Public
from fleet.pages.rendering import Visitor
from fleet.pages.wording import Wording
from fleet.record import hour_means
from fleet.record.hour_means import HourMean

T = TypeVar("T")


def live(public: Public, visitor: Visitor, view: View, wish: MapWish, chart: dict[str, Any]) -> Response:
    district = public.district.read()
    shown = overview(district.nodes, district.at_ms, view, visitor.wording, district.grid.sites.get(view.area, ()))
    context = {
        **map_contents.of_page(public, visitor, view, wish),
        **_band_context(public.dust.read([row.id for row in shown.rows]), visitor.wording),
        "at_ms": district.at_ms,
        "overview": shown,
        "tiles": _tiles(shown, visitor.wording),
        "alarms": district.alarms[:MOST_ALARMS],
        "more_alarms": len(district.alarms) > MOST_ALARMS,
        "tests": district.tests,
        "held": district.held,
        "places": district.places,
        "page_rows": PAGE_ROWS,
        "groupings": words.GROUPINGS,
    }
    return visitor.shown("live", {**context, **_chart_context(district.quantities, chart, visitor.wording)})


def node(public: Public, visitor: Visitor, now_ms: int, name: str, chart: dict[str, Any]) -> Response:
    found = _found(public, lambda connection: reading.one_node(connection, now_ms, name))

    context = {
        "at_ms": now_ms,
        "row": node_rows.row(found.node, found.latest, now_ms, visitor.wording),
        "node": found.node,
        "sensor": lambda slot: _sensor(found.parts, slot, visitor.wording),
        "shown": name,
        "particulars": particulars(visitor.wording),
        "alarms": found.alarms,
        "places": found.places,
        "events": found.events,
        "faults": found.faults,
        "boots": found.boots,
        "most_boots": reading.MOST_BOOTS,
    }
    context |= _band_context(public.dust.read([name]), visitor.wording)
    return visitor.shown("node", {**context, **_chart_context({one.quantity for one in found.latest}, chart, visitor.wording)})


def gateway(public: Public, visitor: Visitor, name: str) -> Response:
    found = _found(public, lambda connection: reading.one_gateway(connection, name))
    district = public.district.read()
    wording = visitor.wording
    seen_s = None if found.gateway.seen_ms is None else max(0.0, (district.at_ms - found.gateway.seen_ms) / 1000)
    mark, state = words.gateway_state(seen_s)
    reported = found.gateway.reported
    own = [one for one in district.nodes if one.node.gateway == name]
    shown = overview(own, district.at_ms, View(group="none"), wording)
    context = {
        **_band_context(public.dust.read([row.id for row in shown.rows]), wording),
        "at_ms": district.at_ms,
        "gateway": found.gateway,
        "seen_s": seen_s,
        "mark": mark,
        "state_name": wording.translate(state),
        "configuration": wording.translate(words.TRIAL_STATES[reported.state]) if reported and reported.state else "",
        "refusal": lambda reason: names.name(names.REFUSALS, reason, wording.code) if reason in names.REFUSALS else reason,
        "overview": shown,
        "alarms": found.alarms,
        "places": district.places,
        "held": district.held,
        "events": found.events,
        "shown": name,
        "particulars": particulars(wording),
    }
    return visitor.shown("gateway", context)


def alarms(public: Public, visitor: Visitor, now_ms: int) -> Response:
    found = public.pages.reader.read_here(reading.all_alarms)
    return visitor.shown("alarms", {"at_ms": now_ms, "open": found.open, "past": found.past, "places": found.places})


def _sensor(parts: Mapping[int, str], slot: int, wording: Wording) -> str:
    """Of two of one kind the slot tells which it is, as on the chart."""
    if slot not in parts:
        return wording.translate("sensor %d") % slot
    is_alone = list(parts.values()).count(parts[slot]) == 1
    return names.part(parts[slot]) if is_alone else f"{names.part(parts[slot])} · {slot}"


def _found(public: Public, work: Callable[[Connection], T]) -> T:
    """What is not there has no page."""
    try:
        return public.pages.reader.read_here(work)
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


def _chart_context(present: frozenset[str] | set[str], chart: dict[str, Any], wording: Wording) -> dict[str, Any]:
    spans = [(key, wording.translate(label)) for key, label in charts.SPANS.items()]
    return {**chart, "choices": charts.choices(present, wording), "spans": spans}
