"""Words for tests of the life of things: another site, another gateway, and what is where."""

from typing import Any

from fleet.tests.district import PM2_5, START_MS, District, report

HOUR_MS = 3_600_000
WHY = {"reason": "the roof is rebuilt"}
EVER = {"from_ms": 0, "to_ms": START_MS + 1000 * HOUR_MS}


def at(district: District, hours: float) -> None:
    district.time.now_ms = START_MS + int(hours * HOUR_MS)


def measured(node: str, hours: float, value: int, **more: Any) -> dict[str, Any]:
    """A period of 10 s of this node that began so many hours after START_MS, in the boot in which seq 0 was then. value: PM2.5 in ug/m3."""
    at_ms = int(hours * HOUR_MS)
    scaled = 100 * value
    item = report(at_ms // 10_000, [[0, PM2_5, 0, 1, scaled, scaled, scaled]], node=node, **more)
    return {**item, "arrived_ms": START_MS + at_ms + 10_040}


async def add_site(district: District, site: str) -> None:
    added = await district.admin("POST", "sites", {"id": site, "name": "Gate", "latitude": 31.2, "longitude": 121.5})
    assert added.status_code == 201, added.text


async def done(district: District, method: str, path: str, **body: Any) -> Any:
    response = await district.admin(method, path, {**WHY, **body})
    assert response.is_success, response.text
    return response.json()


async def refused(district: District, method: str, path: str, status: int, **body: Any) -> Any:
    response = await district.admin(method, path, {**WHY, **body})
    assert response.status_code == status, response.text
    return response.json()


async def clear(district: District, *sections: str) -> None:
    """These sections of the configuration of g-1 have no entries any more."""
    empty: dict[str, Any] = {section: [] for section in sections}
    shown = await district.admin("PUT", "gateways/g-1/configuration", {**WHY, **empty}, dry_run=True)
    await done(district, "PUT", "gateways/g-1/configuration", **empty, removes=shown.json()["removes"])


async def of_node(district: District, node: str) -> list[tuple[float, float]]:
    """(hours after START_MS, value) of everything it ever reported."""
    return _points(await district.read(f"nodes/{node}/series", quantity="pm2_5_cf1", **EVER))


async def of_site(district: District, site: str) -> dict[int, list[tuple[float, float]]]:
    """By position."""
    found = await district.read(f"sites/{site}/series", quantity="pm2_5_cf1", **EVER)
    return {one["position"]: _points(one) for one in found["positions"]}


async def document(district: District, token: str | None = None) -> Any:
    return (await district.device("GET", "desired", token=token)).json()["document"]


async def listed(district: District, token: str | None = None) -> dict[str, Any]:
    """The nodes of a gateway's document, by name."""
    return {node["node"]: node for node in (await document(district, token))["nodes"]}


async def newest_change(district: District, what: str) -> dict[str, Any]:
    change: dict[str, Any] = (await district.read("changes", what=what, limit=1))["items"][0]
    return change


def _points(found: dict[str, Any]) -> list[tuple[float, float]]:
    return [((point["start_ms"] - START_MS) / HOUR_MS, point["value"]) for point in found["points"]]
