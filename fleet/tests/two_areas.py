"""A district of two halves, and people and programs in one of them: for tests of rights.

district 1 - township 2 - community 3 - cell 4: site s-1, gateway g-1, node n-1, sensor x-1, photo 1      what is theirs
           - township 5 - community 6 - cell 7: site s-7, gateway g-7, node n-7, sensor x-7, photo 2      what is of others
in no area: site s-8
"""

import re
from collections.abc import Mapping
from typing import Any

import httpx

from fleet.people import admin_tokens
from fleet.people.audit import Act
from fleet.people.rights import ROLES, Grant, Role
from fleet.tests.district import START_MS, District, event, report
from fleet.tests.photos import jpeg, send_photo

OWN = {"area": "3", "site": "s-1", "gateway": "g-1", "node": "n-1", "sensor": "x-1", "photo": "1", "alarm": "1"}
FOREIGN = {"area": "6", "site": "s-7", "gateway": "g-7", "node": "n-7", "sensor": "x-7", "photo": "2", "alarm": "2"}
MISSING = {"area": "66", "site": "s-66", "gateway": "g-66", "node": "n-66", "sensor": "x-66", "photo": "66", "alarm": "66"}
# What of the other half would be seen in an answer.
NAMES_OF_OTHERS = ('"5"', '"6"', '"7"', "s-7", "g-7", "n-7", "x-7", "s-8", "Far")
_JUDGED = {"severity": "alarm", "at_ms": START_MS, "value": 2, "limit": 1, "scale": 1, "unit": "ug/m3", "window_ms": 1}
_AREAS = (
    ("1", "district", None), ("2", "township", "1"), ("3", "community", "2"), ("4", "cell", "3"),
    ("5", "township", "1"), ("6", "community", "5"), ("7", "cell", "6"),
)  # fmt: skip


async def split(district: District) -> None:
    for code, level, parent in _AREAS:
        await _add(
            district,
            "areas",
            {"id": code, "level": level, "parent": parent, "name_zh": "区", "name_en": f"Part {code}", "geometry": _ground(code)},
        )
    await district.admin("PATCH", "sites/s-1", {"area": "4", "reason": "r"})
    await _add(district, "sites", {"id": "s-7", "name": "Far", "latitude": 31.3, "longitude": 121.6, "area": "7"})
    await _add(district, "sites", {"id": "s-8", "name": "Depot", "latitude": 31.4, "longitude": 121.7})
    code = (await _add(district, "gateways", {"id": "g-7", "site": "s-7"}))["enrolment_code"]
    token = (await district.enrol(code)).json()["token"]
    await _add(district, "nodes", {"id": "n-7", "gateway": "g-7", "site": "s-7"})
    for site in ("s-1", "s-7"):
        assert (await send_photo(district, jpeg(), site)).status_code == 201
    for node, of in (("n-1", district.gateway_token), ("n-7", token)):
        await district.ingest(report(1, node=node), event(2, "dropped", {"from": 4, "to": 4, "why": "ram_full"}, node=node), token=of)
        alarm = {"rule": "dust", "version": 1, "phase": "raise", "since_ms": START_MS, "node": node, "slot": 0, "quantity": "pm2_5_atm"}
        await district.ingest(event(1, "alarm", {**alarm, **_JUDGED}, node=node.replace("n", "g")), token=of)
        for sensor in (node.replace("n", "y"), node.replace("n", "x")):
            await _add(district, "sensors", {"id": sensor, "model": "sps30"})
            await district.admin("PUT", f"nodes/{node}/slots/0/sensor", {"sensor": sensor, "reason": "r"})
        lines = [{"level": "info", "text": f"of {node}", "at_ms": START_MS, "node": node}]
        assert (await district.device("POST", "logs", {"lines": lines}, of)).is_success


def _ground(code: str) -> dict[str, Any]:
    """Of each another square."""
    east, north = int(code) + 1, int(code) + 1
    ring = [[east - 1, north - 1], [east, north - 1], [east, north], [east - 1, north], [east - 1, north - 1]]
    return {"type": "Polygon", "coordinates": [ring]}


async def _add(district: District, path: str, body: Mapping[str, Any]) -> Any:
    added = await district.admin("POST", path, dict(body))
    assert added.status_code == 201, added.text
    return added.json()


async def token_of(district: District, role: Role, area: str = "2", name: str | None = None) -> str:
    """area: "" for the whole district."""
    act, grant = Act("console", START_MS, actor="console"), Grant(role, area)
    made = name or f"{role}-{area}"
    return await district.service.write(lambda connection: admin_tokens.create_admin_token(connection, act, made, None, grant))


async def tokens(district: District) -> dict[Role, str]:
    """In township 2."""
    return {role: await token_of(district, role) for role in ROLES}


def text_of(answer: httpx.Response) -> str:
    """Without the id of its request."""
    return re.sub(r', "request_id": "[^"]*"', "", answer.text)


async def ask(district: District, token: str, method: str, path: str, body: Any = None, **query: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    sent: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {} if body is None else {"json": body}
    return await district.client.request(method, path, headers=headers, params=query, **sent)
