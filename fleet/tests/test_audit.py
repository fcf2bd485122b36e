"""Every act of an administrator leaves a row in the record of changes: who, what, on which subject and, where given, why.

The acts are the routes of the API that change something, from its own description: a new route without a row here fails.
"""

from typing import Any

import pytest
from sqlalchemy import select

from fleet.people.tables import change
from fleet.tests.district import START_MS, District
from fleet.tests.test_artifacts import CONTENT, DIGEST

_CHANGES = ("post", "put", "patch", "delete")
_REASON = "dust at the bridge"
# route: (values of its path, body, what stands in the record, subject, the reason that it takes)
_ACTS: dict[tuple[str, str], tuple[dict[str, str], Any, str, str, str]] = {
    ("post", "/api/v1/sites"): ({}, {"id": "s-2", "name": "School", "latitude": 31.2, "longitude": 121.5}, "site_added", "s-2", ""),
    ("patch", "/api/v1/sites/{site}"): ({"site": "s-1"}, {"latitude": 31.3, "reason": _REASON}, "site_changed", "s-1", _REASON),
    ("post", "/api/v1/sites/{site}/retirement"): ({"site": "s-8"}, {"reason": _REASON}, "site_retired", "s-8", _REASON),
    ("post", "/api/v1/gateways"): ({}, {"id": "g-2", "site": "s-1"}, "gateway_added", "g-2", ""),
    ("post", "/api/v1/gateways/{gateway}/enrolment"): ({"gateway": "g-1"}, None, "enrolment_code_created", "g-1", ""),
    ("patch", "/api/v1/gateways/{gateway}"): ({"gateway": "g-1"}, {"notes": "roof", "reason": _REASON}, "gateway_changed", "g-1", _REASON),
    ("post", "/api/v1/gateways/{gateway}/retirement"): ({"gateway": "g-1"}, {"reason": _REASON}, "gateway_retired", "g-1", _REASON),
    ("delete", "/api/v1/gateways/{gateway}/token"): ({"gateway": "g-1"}, None, "gateway_token_revoked", "g-1", ""),
    ("put", "/api/v1/gateways/{gateway}/configuration"): (
        {"gateway": "g-1"}, {"rules": [], "reason": _REASON}, "gateway_configured", "g-1", _REASON,
    ),
    ("patch", "/api/v1/gateways/{gateway}/configuration"): (
        {"gateway": "g-1"}, {"settings": {"trial_s": 60}, "reason": _REASON}, "gateway_configured", "g-1", _REASON,
    ),
    ("post", "/api/v1/gateways/{gateway}/configuration/{section}/undo"): (
        {"gateway": "g-1", "section": "rules"}, {"reason": _REASON}, "gateway_configured", "g-1", _REASON,
    ),
    ("post", "/api/v1/nodes"): ({}, {"id": "n-2", "gateway": "g-1", "site": "s-1"}, "node_added", "n-2", ""),
    ("patch", "/api/v1/nodes/{node}"): ({"node": "n-1"}, {"site": "s-8", "reason": _REASON}, "node_moved", "n-1", _REASON),
    ("post", "/api/v1/nodes/{node}/hardware"): (
        {"node": "n-1"}, {"sensors": "kept", "reason": _REASON}, "node_hardware_replaced", "n-1", _REASON,
    ),
    ("post", "/api/v1/nodes/{node}/retirement"): ({"node": "n-1"}, {"reason": _REASON}, "node_retired", "n-1", _REASON),
    ("patch", "/api/v1/nodes/{node}/settings"): (
        {"node": "n-1"}, {"settings": {"period_ms": 2000}, "reason": _REASON}, "settings_changed", "n-1", _REASON,
    ),
    ("post", "/api/v1/nodes/{node}/settings/undo"): ({"node": "n-1"}, {"reason": _REASON}, "settings_changed", "n-1", _REASON),
    ("put", "/api/v1/nodes/{node}/settings"): (
        {"node": "n-1"}, {"settings": {"period_ms": 2000}, "reason": _REASON}, "settings_changed", "n-1", _REASON,
    ),
    ("post", "/api/v1/artifacts"): ({}, CONTENT, "artifact_added", DIGEST, ""),
}  # fmt: skip


def _record(district: District) -> list[tuple[int, str, str, str, str]]:
    columns = change.c
    query = select(columns.at_ms, columns.who, columns.what, columns.subject, columns.reason).order_by(columns.id)
    return district.service.read(lambda connection: [tuple(row) for row in connection.execute(query)])


async def test_every_route_that_changes_something_is_tried_here(district: District) -> None:
    paths = (await district.client.get("/openapi.json")).json()["paths"]
    changing = {(method, path) for path, methods in paths.items() for method in methods if method in _CHANGES}
    assert {(method, path) for method, path in changing if not path.startswith("/device/")} == set(_ACTS)


@pytest.mark.parametrize("route", _ACTS, ids=" ".join)
async def test_an_act_is_recorded_once_with_who_what_and_why(district: District, route: tuple[str, str]) -> None:
    method, path = route
    values, body, what, subject, reason = _ACTS[route]
    await _prepare(district)
    before = _record(district)
    district.time.now_ms = START_MS + 5000
    response = await _ask(district, method, path.format(**values), body)
    assert response.is_success, response.text
    assert (START_MS + 5000, "ada", what, subject, reason) in _record(district)[len(before) :]
    assert [row[2:4] for row in _record(district)[len(before) :]].count((what, subject)) == 1


@pytest.mark.parametrize("route", _ACTS, ids=" ".join)
async def test_an_act_that_was_refused_is_not_recorded(district: District, route: tuple[str, str]) -> None:
    method, path = route
    values, body, *_ = _ACTS[route]
    before = _record(district)
    strangers = {name: value if name == "section" else "nowhere-1" for name, value in values.items()}
    refused = [await _ask(district, method, path.format(**values), body, token="wrong")]
    if values:
        refused.append(await _ask(district, method, path.format(**strangers), body))
    assert [response.status_code for response in refused] == [401, 404][: len(refused)]
    assert _record(district) == before


async def _prepare(district: District) -> None:
    """s-8: nothing stands there."""
    await district.admin("POST", "sites", {"id": "s-8", "name": "Depot", "latitude": 31.2, "longitude": 121.5})


async def _ask(district: District, method: str, path: str, body: Any, token: str | None = None) -> Any:
    headers = {"Authorization": f"Bearer {token or district.admin_token}"}
    sent: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {} if body is None else {"json": body}
    query = {"name": "node.bin"} if path.endswith("/artifacts") else None
    return await district.client.request(method.upper(), path, headers=headers, params=query, **sent)
