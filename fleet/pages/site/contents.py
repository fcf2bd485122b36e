"""The page of a site, and the lines of its plot. In a thread of the public's readers."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import HTTPException, Response
from sqlalchemy import Connection

from air.statistics.hours import HOUR_MS
from contract import quantities
from contract.site import display_names as names
from fleet.alarms import alarm_list
from fleet.alarms.alarm_list import Alarm, AlarmFilter
from fleet.errors import NotFoundError
from fleet.http.shared_answers import Lasting
from fleet.pages import chart as charts
from fleet.pages import words
from fleet.pages.district import District
from fleet.pages.map.picture import legend
from fleet.pages.months import Month
from fleet.pages.public import Public
from fleet.pages.rendering import Visitor
from fleet.pages.site import picture
from fleet.places import deployment_rows, sites
from fleet.places.deployments import Deployment
from fleet.places.sites import Site
from fleet.record import ledger_view, sensor_health, series
from fleet.record.bins import DAY_MS
from fleet.record.ledger_view import NewestBoots
from fleet.record.sensor_health import InstalledHealth

T = TypeVar("T")

MOST_ALARMS = 20
MOST_DEPLOYMENTS = 50
# Of whose ledger something is said.
MOST_NODES = 24
MOST_BOOTS = 100
# To compare with: the nearest ones.
MOST_TWINS = 8
_PLOT_LASTS_MS = 30_000


def _(message: str) -> str:
    return message


SPANS = {"1d": _("day"), "7d": _("week"), "31d": _("month")}
_DAYS = {"1d": 1, "7d": 7, "31d": 31}


@dataclass(frozen=True, slots=True)
class SiteWish:
    """As it stands in the address. twin: another site, or "" for none."""

    quantity: str = ""
    span: str = "1d"
    twin: str = ""


@dataclass(frozen=True, slots=True)
class OneSite:
    """ledgers: by node, of those that stand there."""

    site: Site
    quantities: frozenset[str]
    sensors: list[InstalledHealth]
    deployments: list[Deployment]
    alarms: list[Alarm]
    ledgers: dict[str, NewestBoots]


def read(connection: Connection, now_ms: int, name: str) -> OneSite:
    """Raises NotFoundError."""
    site = sites.site_of(connection, name)
    standing = deployment_rows.standing_at(connection, name)[:MOST_NODES]
    return OneSite(
        site,
        series.quantities_at(connection, name),
        sensor_health.of_site(connection, name, now_ms),
        deployment_rows.history_at(connection, name, MOST_DEPLOYMENTS),
        alarm_list.alarms(connection, AlarmFilter(state="open", site=name), MOST_ALARMS),
        {node: ledger_view.read_newest(connection, node, MOST_BOOTS) for node in standing},
    )


def page(public: Public, visitor: Visitor, now_ms: int, name: str, wish: SiteWish) -> Response:
    found = _found(public, lambda connection: read(connection, now_ms, name))
    district, wording = public.district.read(), visitor.wording
    choices = charts.choices(found.quantities, wording)
    quantity = _quantity(wish, found.quantities)
    area = found.site.area or ""
    context: dict[str, Any] = {
        "at_ms": now_ms,
        "site": found.site,
        "site_kind": wording.translate(KIND_NAMES[found.site.kind]),
        "area_path": [(one.id, one.name_zh if visitor.code == "zh-CN" else one.name_en) for one in district.grid.path(area)],
        "sensors": found.sensors,
        "deployments": found.deployments,
        "alarms": found.alarms,
        "places": district.places,
        "ledgers": found.ledgers,
        "states": {one.node.id: (words.STATE_MARKS[one.state], wording.translate(words.STATE_NAMES[one.state])) for one in district.nodes},
        "choices": choices,
        "quantity": quantity,
        "spans": [(key, wording.translate(label)) for key, label in SPANS.items()],
        "span": wish.span,
        "twin": wish.twin,
        "twins": _twins(district, name),
        "health_words": [_health(one, wording) for one in found.sensors],
        "quality_name": wording.quality,
    }
    return visitor.shown("site", context | (_of_quantity(public, visitor, name, quantity, wish) if quantity else {"month": None}))


KIND_NAMES = {
    "fixed": _("fixed site"), "mobile": _("mobile site"), "reference": _("reference station"), "colocation": _("co-location stand"),
}  # fmt: skip


def plot(public: Public, name: str, wish: SiteWish) -> Response:
    """{quantity, unit, decimals, from_s, to_s, is_cut, has_gaps, times: [s], lines: [{label, values}], shown_nodes, all_nodes}: the hourly
    means of each sensor, null where an hour has no usable one."""
    known = _found(public, lambda connection: _quantities(connection, name))
    quantity = _quantity(wish, known)
    shown: dict[str, Any] = {"times": [], "lines": [], "shown_nodes": 0, "all_nodes": 0, "is_cut": False, "has_gaps": True}
    if quantity:
        month = public.months.read(name, quantity)
        from_ms = _begin(month, wish)
        lines = _lines(month, from_ms)
        if wish.twin and wish.twin != name:
            lines |= _lines(public.months.read(wish.twin, quantity), from_ms, wish.twin)
        times, drawn = picture.plotted(lines, range(from_ms, month.to_ms, HOUR_MS) if any(lines.values()) else ())
        shown |= {
            "quantity": quantity, "unit": names.unit(quantities.unit(quantities.ID[quantity])), "decimals": names.decimals(quantity),
            "from_s": from_ms / 1000, "to_s": month.to_ms / 1000, "times": times,
            "lines": [{"label": label, "values": values} for label, values in drawn],
        }  # fmt: skip
    return Lasting(json.dumps(shown, separators=(",", ":")), _PLOT_LASTS_MS, "application/json")


def _found(public: Public, work: Callable[[Connection], T]) -> T:
    """What is not there has no page."""
    try:
        return public.pages.reader.read_here(work)
    except NotFoundError as error:
        raise HTTPException(HTTPStatus.NOT_FOUND) from error


def _quantities(connection: Connection, name: str) -> frozenset[str]:
    sites.require_site(connection, name)
    return series.quantities_at(connection, name)


def _of_quantity(public: Public, visitor: Visitor, name: str, quantity: str, wish: SiteWish) -> dict[str, Any]:
    month = public.months.read(name, quantity)
    from_ms = _begin(month, wish)
    positions = month.hours.positions
    own = [(picture.label(one), picture.line(one.points, from_ms)) for one in positions]
    pairs = [(f"{first} / {second}", picture.compared(one, other)) for (first, one), (second, other) in _pairs(own)]
    if wish.twin and wish.twin != name:
        others = public.months.read(wish.twin, quantity).hours.positions
        beside = [(picture.label(one, wish.twin), picture.line(one.points, from_ms)) for one in others]
        pairs += [(f"{first} / {second}", picture.compared(one, other)) for first, one in own[:1] for second, other in beside[:1]]
    scale, weeks = picture.calendar(month.days, public.months.zone) if month.days else (None, [])
    return {
        "month": month,
        "unit": names.unit(month.hours.unit),
        "not_ok": [(picture.label(one), picture.not_ok(one.points, from_ms)) for one in positions],
        "measured_by": [(picture.label(one), one.sensors) for one in positions],
        "pairs": pairs,
        "weeks": weeks,
        "calendar_legend": legend(scale, visitor.wording)[:-1] if scale else [],
        "rounded": lambda value: names.rounded(quantity, value),
    }


def _pairs(own: list[tuple[str, dict[int, float]]]) -> list[tuple[tuple[str, dict[int, float]], tuple[str, dict[int, float]]]]:
    """The first one beside each of the others."""
    return [(own[0], other) for other in own[1:]]


def _lines(month: Month, from_ms: int, site: str = "") -> dict[str, Mapping[int, float]]:
    return {picture.label(one, site): picture.line(one.points, from_ms) for one in month.hours.positions}


def _begin(month: Month, wish: SiteWish) -> int:
    return max(month.from_ms, month.to_ms - _DAYS[wish.span] * DAY_MS)


def _quantity(wish: SiteWish, known: frozenset[str]) -> str:
    """As it was wished, else the first one of those that the site has; "" where it has none."""
    return wish.quantity if wish.quantity in known else next((key for key in words.CHART_ORDER if key in known), "")


def _twins(district: District, name: str) -> list[tuple[str, str]]:
    """(id, name) of the nearest other sites that have nodes."""
    at = {one.node.site: (one.node.latitude, one.node.longitude) for one in district.nodes}
    if name not in at:
        return []
    latitude, longitude = at[name]
    others = [(abs(y - latitude) + abs(x - longitude), site) for site, (y, x) in at.items() if site != name]
    return [(site, district.places.get(site, site)) for _distance, site in sorted(others)[:MOST_TWINS]]


def _health(one: InstalledHealth, wording: Any) -> list[tuple[str, str, bool, float]]:
    """(quantity, quality, whether it is a fault, age) of each channel."""
    return [
        (wording.quantity(channel.quantity), wording.quality(channel.quality), channel.quality in words.FAULTS, channel.age_s)
        for channel in one.channels
    ]
