"""The page /docs: every route of the API with an example that can be pasted, and the examples are true."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from fleet import state_folder
from fleet.pages import api_reference, docs
from fleet.pages.api_reference import EXAMPLES, Route
from fleet.tests import example_answers
from fleet.tests.district import District, report
from fleet.tests.live import LiveFleet
from fleet.tests.test_faults import app_of

QUIET = {"DELETE /api/v1/gateways/{gateway}/token", "DELETE /api/v1/tokens/{token}", "POST /device/v1/reported", "POST /device/v1/logs"}


def routes_of(district: District) -> list[Route]:
    return [
        route
        for group in api_reference.groups(app_of(district).openapi(), json.loads(example_answers.FILE.read_bytes())).values()
        for route in group
    ]


async def test_no_route_lacks_its_words_and_examples(district: District) -> None:
    for route in routes_of(district):
        where = f"{route.method} {route.path}"
        assert route.summary and len(route.description) > 10, where
        last = route.curl.splitlines()[-1]
        assert "$FLEET/" in last and "{" not in last.split(" -d ")[0].replace("${", ""), where
        assert route.answer or where in QUIET, where
        assert ("$TOKEN" in route.curl) == (route.path not in ("/healthz", "/readyz", "/device/v1/enrol")), where
    assert set(api_reference.groups(app_of(district).openapi(), {})) == set(docs.TITLES)


@pytest.fixture
async def exemplary(district: District) -> District:
    """With what the examples name."""
    site, gateway, node = EXAMPLES["site"], EXAMPLES["gateway"], EXAMPLES["node"]
    await district.admin("POST", "areas", {"id": EXAMPLES["area"], "level": "district", "name_zh": "某区", "name_en": "District"})
    await district.admin("POST", "sites", {"id": site, "name": "East Gate", "latitude": 30.6, "longitude": 104.1})
    await district.admin("POST", "sites", {"id": "west-gate", "name": "West Gate", "latitude": 30.6, "longitude": 104.0})
    await district.admin("POST", "gateways", {"id": "gw-west", "site": "west-gate"})
    added = (await district.admin("POST", "gateways", {"id": gateway, "site": site})).json()
    token = str((await district.enrol(added["enrolment_code"])).json()["token"])
    await district.admin("POST", "nodes", {"id": node, "gateway": gateway, "site": site, "settings": {"period_ms": 5000}})
    await district.admin("PUT", f"gateways/{gateway}/configuration", {"rules": [], "reason": "none yet"})
    await district.ingest(report(1, node=node), token=token)
    return district


@pytest.mark.hil
def test_all_examples_work_in_the_order_of_the_page_on_a_new_service_and_it_answers_what_is_shown(tmp_path: Path) -> None:
    state_folder.prepare(tmp_path / "state")
    fleet = LiveFleet(tmp_path / "state")
    fleet.start()
    try:
        found = example_answers.pasted(fleet, tmp_path)
    finally:
        fleet.kill()
    assert len(found.statuses) > 40
    for where, statuses in found.statuses.items():
        assert statuses and set(statuses) <= {200, 201, 202, 204}, (where, statuses)
    shown = json.loads(example_answers.FILE.read_bytes())
    assert form(found.answers) == form(shown), "run: python -m fleet.tests.example_answers"


async def test_what_cannot_be_undone_says_so_and_names_a_thing_of_its_own(district: District) -> None:
    retirements = [route for route in routes_of(district) if route.path.endswith("/retirement")]
    assert len(retirements) == 5
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


def form(answer: Any) -> Any:
    """The answer, but for moments, of which it has the type only, and for counts of the service itself."""
    if isinstance(answer, list):
        return [form(one) for one in answer]
    if isinstance(answer, dict):
        moments = {key for key in answer if key in ("age_s", "counts") or key.endswith("_ms") or f"{key}_ms" in answer}
        return {key: type(one).__name__ if key in moments else form(one) for key, one in answer.items()}
    return answer


@pytest.mark.parametrize(("code", "said"), [("zh-CN", "每次调用都要带令牌"), ("en", "Every call carries a token.")])
async def test_the_page_is_served_without_anything_from_elsewhere(district: District, code: str, said: str) -> None:
    response = await district.client.get("/docs", headers={"Accept-Language": code})
    page = response.text
    assert response.status_code == 200 and said in page and "Asia/Shanghai" in page
    assert "<script" not in page and not re.search(r"(?:src|href)=\"https?:", page) and "style=" not in page
    for route in routes_of(district):
        assert f'id="{route.anchor}"' in page
    assert len(set(re.findall(r'id="([^"]+)"', page))) == len(re.findall(r'id="([^"]+)"', page))
