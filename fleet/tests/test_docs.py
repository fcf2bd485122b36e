"""The page /docs: every route of the API with an example that can be pasted, and the examples are true."""

import json
import re
import shlex
from typing import Any

import httpx
import pytest

from fleet.pages import api_reference, docs
from fleet.pages.api_reference import EXAMPLES, Route
from fleet.tests.district import District, report
from fleet.tests.test_faults import app_of

QUIET = {"DELETE /api/v1/gateways/{gateway}/token", "POST /device/v1/reported", "POST /device/v1/logs"}


def routes_of(district: District) -> list[Route]:
    return [route for group in api_reference.groups(app_of(district).openapi()).values() for route in group]


async def test_no_route_lacks_its_words_and_examples(district: District) -> None:
    for route in routes_of(district):
        where = f"{route.method} {route.path}"
        assert route.summary and len(route.description) > 10, where
        assert "$FLEET/" in route.curl and "{" not in route.curl.split(" -d ")[0].replace("${", ""), where
        assert route.answer or where in QUIET, where
        assert ("$TOKEN" in route.curl) == (route.path not in ("/healthz", "/device/v1/enrol")), where
    assert set(api_reference.groups(app_of(district).openapi())) == set(docs.TITLES)


@pytest.fixture
async def exemplary(district: District) -> District:
    """With what the examples name."""
    site, gateway, node = EXAMPLES["site"], EXAMPLES["gateway"], EXAMPLES["node"]
    await district.admin("POST", "sites", {"id": site, "name": "East Gate", "latitude": 30.6, "longitude": 104.1})
    await district.admin("POST", "sites", {"id": "west-gate", "name": "West Gate", "latitude": 30.6, "longitude": 104.0})
    await district.admin("POST", "gateways", {"id": "gw-west", "site": "west-gate"})
    added = (await district.admin("POST", "gateways", {"id": gateway, "site": site})).json()
    token = str((await district.enrol(added["enrolment_code"])).json()["token"])
    await district.admin("POST", "nodes", {"id": node, "gateway": gateway, "site": site, "settings": {"period_ms": 5000}})
    await district.admin("PUT", f"gateways/{gateway}/configuration", {"rules": [], "reason": "none yet"})
    await district.ingest(report(1, node=node), token=token)
    return district


async def test_every_example_that_only_reads_can_be_pasted(exemplary: District) -> None:
    asked = [route for route in routes_of(exemplary) if route.method == "GET" and not route.path.startswith("/device")]
    assert len(asked) > 15
    for route in asked:
        *_, address = shlex.split(route.curl)
        response = await exemplary.client.get(address.removeprefix("$FLEET"), headers={"Authorization": f"Bearer {exemplary.admin_token}"})
        assert response.status_code == 200, (route.curl, response.text)
        if response.headers["content-type"] == "application/json":
            assert_same_form(response.json(), json.loads(route.answer), route.path)


async def test_every_example_that_changes_has_the_form_of_a_request(exemplary: District) -> None:
    # Whether it may be done now is another matter: a name may be taken, a code be used.
    for route in routes_of(exemplary):
        if route.method not in ("POST", "PUT", "PATCH") or route.path.startswith("/device") or " -d " not in route.curl:
            continue
        words = shlex.split(route.curl.splitlines()[-1])
        headers = {"Authorization": f"Bearer {exemplary.admin_token}", "Content-Type": "application/json"}
        body, address = words[words.index("-d") + 1], words[-1].removeprefix("$FLEET")
        response = await exemplary.client.request(route.method, address, content=body, headers=headers)
        assert response.status_code in (200, 201, 404, 409), (route.curl, response.text)


async def test_all_examples_can_be_pasted_in_the_order_of_the_page(district: District) -> None:
    # Into a service that has nothing yet. A gateway enrols by itself, with the code of one of the answers.
    for route in (one for one in routes_of(district) if not one.path.startswith("/device")):
        for line in route.curl.splitlines():
            response = await pasted(district, line)
            assert response.status_code in (200, 201, 204), (line, response.text)
        if route.path == "/api/v1/gateways/{gateway}/enrolment":
            await district.enrol(response.json()["enrolment_code"])


async def pasted(district: District, line: str) -> httpx.Response:
    words = shlex.split(line)
    method = words[words.index("-X") + 1] if "-X" in words else "GET"
    body = words[words.index("-d") + 1] if "-d" in words else "a file" if "--data-binary" in words else None
    headers = {"Authorization": f"Bearer {district.admin_token}", "Content-Type": "application/json"}
    return await district.client.request(method, words[-1].removeprefix("$FLEET"), content=body, headers=headers)


async def test_what_cannot_be_undone_says_so_and_names_a_thing_of_its_own(district: District) -> None:
    retirements = [route for route in routes_of(district) if route.path.endswith("/retirement")]
    assert len(retirements) == 3
    for route in retirements:
        assert "It cannot be undone." in route.description
        name = route.curl.splitlines()[-1].split("/")[-2]
        assert name not in EXAMPLES.values() and name in route.curl.splitlines()[0], route.curl


async def test_a_sample_answer_is_of_the_thing_that_was_asked_for(district: District) -> None:
    answers = {f"{route.method} {route.path}": route.answer for route in routes_of(district)}
    site = json.loads(answers["GET /api/v1/sites/{site}"])
    assert (site["id"], site["name"]) == (EXAMPLES["site"], "East Gate")
    assert json.loads(answers["POST /api/v1/nodes"])["id"] == EXAMPLES["node"]
    for where, answer in answers.items():
        for name, value in re.findall(r'"(id|code|duration_ms)": ("?[\w-]+"?)', answer):
            assert value not in ('"id"', '"code"') and (name != "duration_ms" or int(value) < 10**9), (where, name, value)


async def test_the_example_of_a_replacement_puts_a_node_into_the_place_of_another(exemplary: District) -> None:
    description = (await exemplary.client.get("/openapi.json")).json()
    _, replacing = description["components"]["schemas"]["NodeRequest"]["examples"]
    assert replacing["replaces"] == EXAMPLES["node"]
    assert (await exemplary.admin("POST", "nodes", replacing)).status_code == 201
    assert (await exemplary.read(f"nodes/{replacing['id']}"))["left_ms"] is None


def assert_same_form(answer: Any, example: Any, where: str) -> None:
    """The example names every key of the answer. What is free JSON in one of them is not compared."""
    if isinstance(answer, dict) and isinstance(example, dict) and example:
        for key in answer.keys() & example.keys():
            assert_same_form(answer[key], example[key], f"{where}.{key}")
        assert answer.keys() <= example.keys() | {"position"}, where
    if isinstance(answer, list) and isinstance(example, list) and answer and example:
        assert_same_form(answer[0], example[0], where)


@pytest.mark.parametrize(("code", "said"), [("zh-CN", "每次调用都要带令牌"), ("en", "Every call carries a token.")])
async def test_the_page_is_served_without_anything_from_elsewhere(district: District, code: str, said: str) -> None:
    response = await district.client.get("/docs", headers={"Accept-Language": code})
    page = response.text
    assert response.status_code == 200 and said in page and "Asia/Shanghai" in page
    assert "<script" not in page and not re.search(r"(?:src|href)=\"https?:", page) and "style=" not in page
    for route in routes_of(district):
        assert f'id="{route.anchor}"' in page
    assert len(set(re.findall(r'id="([^"]+)"', page))) == len(re.findall(r'id="([^"]+)"', page))
