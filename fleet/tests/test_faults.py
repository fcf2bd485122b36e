"""What is wrong with a request is said in one form: the field, what was given as JSON, what is allowed in plain words; names are known."""

import json
import re
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from fleet.api import refusal
from fleet.api.admin_route import AdminRoute
from fleet.tests.district import District

SITE = {"id": "s-9", "name": "Gate", "latitude": 31, "longitude": 121}
NONE = "no parameter at all is taken here"
CONFIGURE, SETTINGS = "gateways/g-1/configuration", "nodes/n-1/settings"
REVOKE = "gateways/g-1/token"
REASON = {"reason": "r"}
# method, path, body, (path of the fault, what was given, what is allowed)
WRONG: dict[str, tuple[str, str, Any, tuple[str, str | None, str]]] = {
    "unknown_name": ("GET", "sites?retird=true", None, ("retird", '"retird"', "no such parameter; did you mean retired? there are")),
    "unknown_name_where_none_is": ("GET", "latest?node=n-1", None, ("node", '"node"', "no such parameter; there are: cursor, limit")),
    "unknown_name_of_a_deletion": ("DELETE", REVOKE + "?reason=r&force=1", None, ("force", '"force"', "no such parameter; there are:")),
    "no_reason_of_a_deletion": ("DELETE", "gateways/g-1/token", None, ("reason", None, "required")),
    "an_empty_reason_of_a_deletion": ("DELETE", "gateways/g-1/token?reason=", None, ("reason", '""', "text of at least 1 character")),
    "a_name_twice": ("GET", "logs?limit=1&limit=2", None, ("limit", '"limit"', "given once")),
    "not_a_number": ("GET", "logs?limit=many", None, ("limit", '"many"', "a whole number")),
    "too_large": ("GET", "logs?limit=9999", None, ("limit", '"9999"', "at most 1000")),
    "of_a_path": ("GET", "nodes/UPPER", None, ("node", '"UPPER"', "1 to 32 of a-z, 0-9 and -")),
    "missing_parameter": ("GET", "nodes/n-1/series", None, ("quantity", None, "required")),
    "missing_field": ("POST", "sites", {k: v for k, v in SITE.items() if k != "name"}, ("name", None, "required")),
    "unknown_field": ("POST", "sites", {**SITE, "lattitude": 1}, ("lattitude", "1", "no such key; did you mean latitude?")),
    "text_for_a_number": ("POST", "sites", {**SITE, "latitude": "东"}, ("latitude", '"东"', "a number")),
    "too_long": ("POST", "sites", {**SITE, "name": "x" * 201}, ("name", '"' + "x" * 99, "text of at most 200 characters")),
    "empty": ("POST", "sites", {**SITE, "name": ""}, ("name", '""', "text of at least 1 character")),
    "control_character": ("POST", "sites", {**SITE, "name": "a\u0007"}, ("name", '"a\\u0007"', "text without control characters")),
    "null": ("POST", "sites", {**SITE, "name": None}, ("name", "null", "text")),
    "not_an_object": ("POST", "sites", [1], ("$", "[1]", "an object")),
    "unknown_section": ("PUT", CONFIGURE, {**REASON, "rule": []}, ("rule", "[]", "no such key; did you mean rules?")),
    "unknown_gateway_setting": (
        "PUT", CONFIGURE, {**REASON, "settings": {"trail_s": 60}}, ("settings.trail_s", "60", "no such key; there"),
    ),
    "unknown_node_setting": (
        "PUT", SETTINGS, {**REASON, "settings": {"fleet.trial_s": 60}}, ("settings.fleet.trial_s", "60", "no such key; there"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "expected"), WRONG.values(), ids=WRONG.keys())
async def test_a_fault_names_the_field_what_was_given_and_what_is_allowed(
    district: District, method: str, path: str, body: Any, expected: tuple[str, str | None, str]
) -> None:
    bare, _, query = path.partition("?")
    headers = {"Authorization": f"Bearer {district.admin_token}"}
    response = await district.client.request(method, f"/api/v1/{bare}?{query}", json=body, headers=headers)
    (fault,) = response.json()["faults"]
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    assert (fault["path"], fault["value"]) == expected[:2] and fault["allowed"].startswith(expected[2])
    assert "Input should" not in response.text and re.search(r"\\u[4-9]", response.text) is None


# path, body, the paths of all faults
SEVERAL: dict[str, tuple[str, str, Any, list[str]]] = {
    "a_name_and_a_value": ("GET", "logs?limt=5&limit=many", None, ["limt", "limit"]),
    "a_name_twice_and_a_path": ("GET", "nodes/UPPER?x=1&x=2", None, ["x", "node"]),
    "a_name_and_a_missing_parameter": ("GET", "nodes/n-1/series?quanttiy=tvoc", None, ["quanttiy", "quantity"]),
    "a_moment_and_a_limit": ("GET", "events?from=noon&limit=0&sit=s-1", None, ["sit", "from", "limit"]),
    "both_moments": ("GET", "alarms?from=noon&to_ms=5&state=closed", None, ["from", "to_ms", "state"]),
    "a_span_and_a_name": ("GET", "alarms?from_ms=1800000000001&to_ms=1800000000000&stat=open", None, ["stat", "from_ms"]),
    "a_span_and_a_limit": ("GET", "changes?from_ms=1800000000001&to_ms=1800000000000&limit=0", None, ["from_ms", "limit"]),
    "a_zone_and_a_step": ("GET", "nodes/n-1/series?step_ms=60000&tz=Mars&limit=5&slot=99&quantity=tvoc", None, ["limit", "tz", "slot"]),
    "a_name_and_a_body": ("PUT", CONFIGURE + "?dry_rnu=true", {"rule": []}, ["dry_rnu", "reason", "rule"]),
    "a_value_and_a_body": ("PATCH", SETTINGS + "?dry_run=perhaps", {"settings": 5}, ["dry_run", "reason", "settings"]),
    "names_and_a_value": ("POST", "nodes", {"id": "N_1", "gateway": "gw-eats", "site": "est-gate"}, ["id", "gateway", "site"]),
    "names_a_reason_and_settings": (
        "POST", "nodes", {"id": "n-1", "gateway": "g-9", "site": "s-9", "replaces": "n-9",
         "settings": {"period_ms": 1, "foo": 2}, "x": 1},
        ["id", "gateway", "site", "replaces", "settings.period_ms", "settings.foo", "x"],
    ),
    "a_reason_and_settings": (
        "PATCH", SETTINGS, {"settings": {"period_ms": "abc", "foo": 2}, "reason": ""}, ["reason", "settings.period_ms", "settings.foo"],
    ),
    "a_node_and_all_else": (
        "PUT", "nodes/n-9/settings?dry_run=perhaps", {"settings": {"foo": 2}}, ["node", "dry_run", "reason", "settings.foo"],
    ),
    "a_version_and_a_reason": ("POST", "nodes/n-1/settings/undo", {"version": 77}, ["version", "reason"]),
    "a_section_and_a_reason": ("PUT", CONFIGURE, {"settings": {"foo": 2}}, ["reason", "settings.foo"]),
    "a_patch_of_a_section": ("PATCH", CONFIGURE, {"settings": {"foo": 2}, "reason": ""}, ["reason", "settings.foo"]),
    "a_section_of_no_gateway": ("PUT", "gateways/g-9/configuration", {"settings": {"foo": 2}}, ["gateway", "reason", "settings.foo"]),
    "nothing_to_correct": ("PATCH", "sites/s-9", {}, ["site", "reason", "$"]),
    "a_place_and_a_gateway": ("PATCH", "nodes/n-9", {"site": "s-9", "gateway": "g-9"}, ["node", "site", "gateway", "reason"]),
}  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "expected"), SEVERAL.values(), ids=SEVERAL.keys())
async def test_all_faults_of_a_request_are_in_one_answer(
    district: District, method: str, path: str, body: Any, expected: list[str]
) -> None:
    headers = {"Authorization": f"Bearer {district.admin_token}"}
    response = await district.client.request(method, f"/api/v1/{path}", json=body, headers=headers)
    assert response.status_code == 422 and sorted(fault["path"] for fault in response.json()["faults"]) == sorted(expected)
    stranger = await district.client.request(method, f"/api/v1/{path}", json=body)
    assert stranger.status_code == 401


async def test_all_names_that_there_are_not_are_in_one_answer_with_the_nearest(district: District) -> None:
    response = await district.admin("POST", "nodes", {"id": "n-2", "gateway": "g-11", "site": "s-11"})
    assert response.status_code == 404 and "no gateway g-11" in response.json()["detail"] and "s-11" not in response.json()["title"]
    said = {fault["path"]: fault["allowed"] for fault in response.json()["faults"]}
    assert said.keys() == {"gateway", "site"} and "did you mean g-1?" in said["gateway"] and "did you mean s-1?" in said["site"]


async def test_every_route_names_all_faults_of_a_request_at_once(district: District) -> None:
    """On every route that takes a body: a name of the query that there is not, every thing of its path unknown, a body without its fields,
    and every name in it unknown."""
    tried = 0
    for path, operations in app_of(district).openapi()["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {})
            if not path.startswith("/api/v1/") or method == "get" or "application/json" not in content:
                continue
            unknown = {name: f"{name}-9" for name in ("area", "site", "gateway", "node", "sensor") if "{" + name + "}" in path}
            body = {
                name: f"{name}-9"
                for name in fields_of(district, content) & {"area", "parent", "site", "gateway", "replaces", "sensor"} - unknown.keys()
            }
            where = path.format(**unknown, section="rules", slot=0, job=1, alarm=1).removeprefix("/api/v1/")
            response = await district.admin(method.upper(), where, {**body, "mistyped": 1}, wrong="1")
            found = {fault["path"] for fault in response.json()["faults"]}
            assert response.status_code == 422 and {"wrong", "mistyped", *unknown, *body} <= found, (method, path, response.text)
            tried += 1
    assert tried > 12


async def test_every_judge_of_a_refused_request_is_of_a_route(district: District) -> None:
    routes = {f"{method.upper()} {path}" for path, methods in app_of(district).openapi()["paths"].items() for method in methods}
    assert set(refusal.JUDGES) <= routes


def fields_of(district: District, content: Any) -> set[str]:
    schema = content["application/json"]["schema"]
    name = next(one["$ref"] for one in [schema, *schema.get("anyOf", ())] if "$ref" in one).rsplit("/", 1)[1]
    return set(app_of(district).openapi()["components"]["schemas"][name]["properties"])


async def test_a_request_without_its_body_is_told_what_belongs_there(district: District) -> None:
    headers = {"Authorization": f"Bearer {district.admin_token}"}
    response = await district.client.request("PATCH", f"/api/v1/{SETTINGS}", headers=headers)
    assert response.json()["faults"] == [{"path": "$", "value": None, "allowed": "an object of JSON, with reason, removes, settings"}]


async def test_a_request_with_an_unknown_name_changes_nothing(district: District) -> None:
    assert (await district.admin("POST", "sites", SITE, dry_run=True)).status_code == 422
    assert (await district.admin("GET", "sites/s-9")).status_code == 404


BROKEN = {
    '{"id":': "line 1, column 7: a value is missing",
    '{\n  "id": "s-1",\n  "name": East\n}': "line 3, column 11: a value is missing",
    '{"a": 1,}': "line 1, column ",
    "{'a': 1}": "line 1, column 2: a key in double quotes is missing",
    '{"a": 1} x': "line 1, column 10: something follows the end",
}


@pytest.mark.parametrize(("text", "said"), BROKEN.items())
async def test_broken_json_is_told_by_line_and_column(district: District, text: str, said: str) -> None:
    headers = {"Authorization": f"Bearer {district.admin_token}", "Content-Type": "application/json"}
    response = await district.client.post("/api/v1/sites", content=text, headers=headers)
    assert response.status_code == 400 and said in response.json()["detail"]
    assert response.json()["faults"][0]["value"] is None


async def test_a_body_of_another_content_type_is_told_which_header_is_needed(district: District) -> None:
    headers = {"Authorization": f"Bearer {district.admin_token}", "Content-Type": "text/plain"}
    response = await district.client.post("/api/v1/sites", content=json.dumps(SITE), headers=headers)
    assert response.status_code == 422 and "Content-Type: application/json" in response.json()["faults"][0]["allowed"]


async def test_a_stranger_learns_that_a_token_is_needed_before_any_name(district: District) -> None:
    assert (await district.client.get("/api/v1/sites?nonsense=1")).status_code == 401


async def test_a_gateway_may_ask_with_names_of_tomorrow(district: District) -> None:
    assert (await district.device("GET", "desired", have=0, tomorrow=1)).status_code == 200


async def test_a_wrong_path_names_the_nearest(district: District) -> None:
    response = await district.admin("GET", "node/n-1/serie")
    assert response.status_code == 404 and "/api/v1/nodes/{node}/series" in response.json()["nearest"]
    assert "/docs" in response.json()["detail"]


@pytest.mark.parametrize(("language", "said"), [("zh-CN", "没有这个页面"), ("en", "There is no such page")])
async def test_a_browser_gets_a_page_for_a_wrong_path(district: District, language: str, said: str) -> None:
    headers = {"Accept": "text/html,application/xhtml+xml", "Accept-Language": language}
    response = await district.client.get("/api/v1/nowhere<script>", headers=headers)
    assert (response.status_code, response.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert said in response.text and 'href="/"' in response.text and 'href="/docs"' in response.text and "<script" not in response.text


def app_of(district: District) -> FastAPI:
    app: FastAPI = district.client._transport.app  # type: ignore[attr-defined]
    return app


async def test_every_route_of_the_admin_api_keeps_the_one_rule(district: District) -> None:
    routes = [route for _, route in _api_routes(app_of(district).routes)]
    admin = [route for route in routes if route.path.startswith("/api/v1")]
    assert len(admin) > 20 and all(isinstance(route, AdminRoute) for route in admin)


def _api_routes(routes: Any) -> list[tuple[str, APIRoute]]:
    found = []
    for route in routes:
        if isinstance(route, APIRoute):
            found.append((route.path, route))
        found += _api_routes(getattr(getattr(route, "original_router", None) or getattr(route, "router", None), "routes", []))
    return found
