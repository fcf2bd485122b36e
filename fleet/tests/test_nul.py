"""NUL, which PostgreSQL takes in no text, in every place of an address: nothing of it is a fault of the service, on both databases."""

from typing import Any

import pytest

from fleet.tests.district import START_MS, District, report

NUL = "\x00"
NEEDED = {"quantity": "pm2_5_atm", "from_ms": START_MS, "to_ms": START_MS + 3_600_000, "longitude": 104, "latitude": 30, "at_ms": START_MS}
PAGES = {
    "/": ("q", "state", "site", "gateway", "area", "group", "page", "quantity", "span", "map", "level", "hour", "cells"),
    f"/nodes/{NUL}": (),
    f"/gateways/{NUL}": (),
    f"/sites/{NUL}": (),
    f"/live/sites/{NUL}/plot.json": (),
    "/nodes/n-1": ("quantity", "span", "from", "to"),
    "/sites/s-1": ("quantity", "span", "with"),
    "/live/sites/s-1/plot.json": ("quantity", "span", "with"),
    "/live/map/values.json": ("area", "map", "level", "hour"),
    "/live/chart.json": ("node", "site", "quantity", "span", "from", "to"),
}


@pytest.mark.parametrize("path", PAGES)
async def test_pages(district: District, path: str) -> None:
    await district.ingest(report(1))
    answers = [await district.client.get(path.replace(NUL, "%00"), params=query) for query in ({}, *({name: NUL} for name in PAGES[path]))]
    assert [answer.status_code for answer in answers if answer.status_code >= 500] == []


async def test_every_parameter_of_the_api(district: District) -> None:
    wrong = []
    for path, operations in (await district.client.get("/openapi.json")).json()["paths"].items():
        parameters = operations.get("get", {}).get("parameters", []) if path.startswith("/api/") else []
        needed = {one["name"]: str(NEEDED[one["name"]]) for one in parameters if one["name"] in NEEDED and one["in"] == "query"}
        for parameter in parameters:
            wrong += [] if await is_refused(district, path, parameter, needed) else [(path, parameter["name"])]
    assert wrong == []


async def is_refused(district: District, path: str, parameter: dict[str, Any], needed: dict[str, str]) -> bool:
    """Or taken as a name that there is not. needed: values of others, without which nothing is looked for."""
    is_of_path = parameter["in"] == "path"
    for name in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
        path = path.replace(f"{{{name}}}", "%00" if is_of_path and name == parameter["name"] else "1")
    query = needed if is_of_path else {**needed, parameter["name"]: NUL}
    answer = await district.admin("GET", path.removeprefix("/api/v1/"), **query)
    return answer.status_code < 500
