"""The pages for people. Read only, open to anyone who reaches the port: what the air is like is public, who may change things is not.

Each page asks itself for newer values under /live: the same address gives its parts there.
"""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import AfterValidator

from fleet.api.dependencies import ServiceDependency
from fleet.pages import chart as charts
from fleet.pages import contents, words
from fleet.pages.hours import HOURS
from fleet.pages.map import contents as map_contents
from fleet.pages.map.contents import MapWish
from fleet.pages.overview import View
from fleet.pages.public import PublicDependency
from fleet.pages.rendering import VisitorDependency
from fleet.pages.shared_route import SharedRoute
from fleet.pages.site import contents as site_contents
from fleet.pages.site.contents import SPANS, SiteWish
from fleet.store.storable import storable

router = APIRouter(include_in_schema=False, route_class=SharedRoute)


def _fit(text: str) -> str:
    """Whatever stands there: what does not exist is not found, whether it could or not."""
    return storable(text, _MOST_CHARACTERS)


_MOST_CHARACTERS = 100
_Text = Annotated[str, Query(max_length=_MOST_CHARACTERS), AfterValidator(_fit)]
_Key = Annotated[str, Query(max_length=40), AfterValidator(_fit)]
_Name = Annotated[str, Path(max_length=_MOST_CHARACTERS), AfterValidator(_fit)]


# Asynchronous although nothing is awaited: else it would take a thread of those who have a token.
async def _view(
    q: _Text = "", state: _Key = "", site: _Key = "", gateway: _Key = "", area: _Key = "", group: _Key = "site", page: _Key = "1"
) -> View:
    """What cannot be is as if it had not been wished: an address may be old, or typed."""
    number = int(page) if page.isdecimal() and len(page) < 6 else 1
    return View(
        q, state if state in words.STATES else "", site, gateway, area, group if group in words.GROUPINGS else "site", max(1, number)
    )


async def _chart_choice(quantity: _Key = "", span: _Key = "1h", from_: Annotated[str, Query(alias="from", max_length=40)] = "",
                        to: _Key = "") -> dict[str, Any]:  # fmt: skip
    """Of the chart on a page; the page's script reads from and to out of the address by itself."""
    return {"quantity": quantity, "span": span if span in charts.SPANS else "1h"}


async def _map_wish(map_: Annotated[_Key, Query(alias="map")] = "", level: _Key = "", hour: _Key = "0", cells: _Key = "1") -> MapWish:
    """hour: 0 for now, -1 for the last one that is over, and so on."""
    back = int(hour[1:]) if re.fullmatch(r"-[0-9]{1,2}", hour) else 0
    return MapWish(map_, level, min(back, HOURS), int(cells) if cells.isdecimal() and len(cells) < 6 else 1)


_MapDependency = Annotated[MapWish, Depends(_map_wish)]
_ViewDependency = Annotated[View, Depends(_view)]
_ChartDependency = Annotated[dict[str, Any], Depends(_chart_choice)]


@router.get("/")
@router.get("/live/overview")
async def live(
    public: PublicDependency, visitor: VisitorDependency, view: _ViewDependency, wish: _MapDependency, chart: _ChartDependency
) -> Response:
    return await public.pages.reader.run(contents.live, public, visitor, view, wish, chart)


@router.get("/live/map/values.json")
async def map_values(public: PublicDependency, visitor: VisitorDependency, wish: _MapDependency, area: _Key = "") -> Response:
    return await public.pages.reader.run(map_contents.values, public, visitor, wish, area)


@router.get("/live/map/areas.json")
async def map_areas(public: PublicDependency, visitor: VisitorDependency) -> Response:
    return await public.pages.reader.run(map_contents.areas, public, visitor)


@router.get("/nodes/{node}")
@router.get("/live/nodes/{node}")
async def node(
    public: PublicDependency, visitor: VisitorDependency, service: ServiceDependency, node: _Name, chart: _ChartDependency
) -> Response:
    return await public.pages.reader.run(contents.node, public, visitor, service.clock.utc_ms(), node, chart)


async def _site_wish(quantity: _Key = "", span: _Key = "1d", with_: Annotated[_Key, Query(alias="with")] = "") -> SiteWish:
    return SiteWish(quantity, span if span in SPANS else "1d", with_)


_SiteDependency = Annotated[SiteWish, Depends(_site_wish)]


@router.get("/sites/{site}")
@router.get("/live/sites/{site}")
async def site(
    public: PublicDependency, visitor: VisitorDependency, service: ServiceDependency, site: _Name, wish: _SiteDependency
) -> Response:
    return await public.pages.reader.run(site_contents.page, public, visitor, service.clock.utc_ms(), site, wish)


@router.get("/live/sites/{site}/plot.json")
async def site_plot(public: PublicDependency, site: _Name, wish: _SiteDependency) -> Response:
    return await public.pages.reader.run(site_contents.plot, public, site, wish)


@router.get("/gateways/{gateway}")
@router.get("/live/gateways/{gateway}")
async def gateway(public: PublicDependency, visitor: VisitorDependency, gateway: _Name) -> Response:
    return await public.pages.reader.run(contents.gateway, public, visitor, gateway)


@router.get("/alarms")
@router.get("/live/alarms")
async def alarms(public: PublicDependency, visitor: VisitorDependency, service: ServiceDependency) -> Response:
    return await public.pages.reader.run(contents.alarms, public, visitor, service.clock.utc_ms())
