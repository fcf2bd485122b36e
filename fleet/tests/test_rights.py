"""Rights in one's own area: what a change names besides the thing it changes, what moves out of the area, what is seen of the past; and
that rights which change end what is open."""

import asyncio
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update

from fleet.people import rights
from fleet.people.access import HOLDS_MS
from fleet.people.admin_tokens import list_admin_tokens
from fleet.people.rights import ACTIONS, ROLES, Grant
from fleet.people.tables import admin_token, change
from fleet.store.dialect import for_writing, new_engine
from fleet.store.engine import migrate, sqlite_url
from fleet.tests.district import START_MS, District, in_ms
from fleet.tests.migrations import migrate_to, without_tables
from fleet.tests.photos import jpeg
from fleet.tests.test_cli import run
from fleet.tests.two_areas import ask, split, text_of, token_of

WHY = {"reason": "r"}
EVER = {"quantity": "pm2_5_cf1", "from_ms": "0", "to_ms": str(START_MS + 3_600_000)}
PATH = ("4", "3", "2", "1")
# grants -> of each action, in the order of ACTIONS, at PATH: "+" allowed, "r" too small a role there, "-" not even seen
JUDGED: dict[tuple[Grant, ...], str] = {
    (): "-------",
    (Grant("viewer", "4"),): "+rrrrrr",
    (Grant("technician", "2"),): "+++rrrr",
    (Grant("operator", "1"),): "++++rrr",
    (Grant("administrator", "2"),): "+++++rr",
    (Grant("administrator"),): "+++++++",
    (Grant("administrator", "9"),): "-------",
    (Grant("administrator", "9"), Grant("viewer", "3")): "+rrrrrr",
    (Grant("viewer"), Grant("technician", "4")): "+++rrr+",
}


@pytest.mark.parametrize("grants", JUDGED, ids=str)
def test_what_grants_allow_at_a_place(grants: tuple[Grant, ...]) -> None:
    def sign(action: rights.Action) -> str:
        refused = rights.refusal_at(grants, action, PATH)
        return "+" if refused is None else "r" if refused.seen else "-"

    assert "".join(map(sign, ACTIONS)) == JUDGED[grants]


def test_what_lies_in_no_area_is_of_the_whole_district() -> None:
    for role, action in product(ROLES, ACTIONS):
        assert rights.refusal_at((Grant(role, "1"),), action, ()) is not None
        allowed = rights.refusal_at((Grant(role),), action, ()) is None
        assert allowed == rights.reaches(role, rights.LEAST[action])


async def test_a_photo_is_added_to_a_site_in_the_area_only(district: District) -> None:
    await split(district)
    token = await token_of(district, "technician")
    outside, missing = [await ask(district, token, "POST", "/api/v1/photos", jpeg((8, 8)), site=site, **WHY) for site in ("s-7", "s-66")]
    assert (outside.status_code, text_of(outside).replace("s-7", "s-66")) == (404, text_of(missing))
    inside = await ask(district, token, "POST", "/api/v1/photos", jpeg((8, 8)), site="s-1", **WHY)
    assert inside.status_code == 201, inside.text


# method, path, body, status, what is said
NAMED: dict[str, tuple[str, str, dict[str, Any], int, str]] = {
    "gateway_at_a_site_of_others": ("POST", "gateways", {"id": "g-9", "site": "s-7"}, 404, "no site s-7"),
    "gateway_to_a_site_of_others": ("PATCH", "gateways/g-1", {"site": "s-7", **WHY}, 404, "no site s-7"),
    "node_at_a_gateway_of_others": ("POST", "nodes", {"id": "n-9", "gateway": "g-7", "site": "s-1"}, 404, "no gateway g-7"),
    "node_at_a_site_of_others": ("POST", "nodes", {"id": "n-9", "gateway": "g-1", "site": "s-7"}, 404, "no site s-7"),
    "node_to_a_site_of_others": ("PATCH", "nodes/n-1", {"site": "s-7", **WHY}, 404, "no site s-7"),
    "node_to_a_gateway_of_others": ("PATCH", "nodes/n-1", {"gateway": "g-7", **WHY}, 404, "no gateway g-7"),
    "node_for_one_of_others": (
        "POST", "nodes", {"id": "n-9", "gateway": "g-1", "site": "s-1", "replaces": "n-7"}, 422, "a node that is deployed at s-1",
    ),
    "site_in_a_cell_of_others": (
        "POST", "sites", {"id": "s-9", "name": "x", "latitude": 1, "longitude": 1, "area": "7"}, 422, "an existing area",
    ),
    "site_where_a_cell_of_others_is": (
        "POST", "sites", {"id": "s-9", "name": "x", "latitude": 7.5, "longitude": 7.5}, 403, "outside of your area",
    ),
    "site_in_no_area": ("POST", "sites", {"id": "s-9", "name": "x", "latitude": 80, "longitude": 1}, 403, "outside of your area"),
    "site_to_a_cell_of_others": ("PATCH", "sites/s-1", {"area": "7", **WHY}, 422, "an existing area"),
    "area_in_one_of_others": (
        "POST", "areas", {"id": "9", "level": "cell", "parent": "6", "name_zh": "x", "name_en": "x"}, 422, "an existing community",
    ),
    "area_in_none": ("POST", "areas", {"id": "9", "level": "district", "name_zh": "x", "name_en": "x"}, 403, "not allowed"),
    "area_to_one_of_others": ("PATCH", "areas/4", {"parent": "6", **WHY}, 422, "an existing community"),
}  # fmt: skip


@pytest.mark.parametrize("case", NAMED)
async def test_a_change_reaches_nothing_of_others_by_what_it_names(district: District, case: str) -> None:
    await split(district)
    token = await token_of(district, "administrator")
    method, path, body, status, said = NAMED[case]
    before = district.service.read(lambda connection: connection.execute(select(change.c.id)).all())
    answer = await ask(district, token, method, f"/api/v1/{path}", body)
    assert (answer.status_code, said in answer.text) == (status, True), answer.text
    assert district.service.read(lambda connection: connection.execute(select(change.c.id)).all()) == before


async def test_where_one_may_only_look_a_change_is_refused_and_not_hidden(district: District) -> None:
    await split(district)
    token = await token_of(district, "viewer", "6")
    await district.service.write(lambda connection: connection.execute(update(admin_token).values(role="operator")))
    assert (await ask(district, token, "PATCH", "/api/v1/nodes/n-7/settings", {"settings": {}, **WHY})).is_success
    assert (await ask(district, token, "PATCH", "/api/v1/areas/7", {"name_en": "x", **WHY})).status_code == 403


async def test_a_node_that_went_elsewhere_takes_nothing_along_of_where_it_was(district: District) -> None:
    await split(district)
    own, others = await token_of(district, "viewer", "2"), await token_of(district, "viewer", "5")
    series = "/api/v1/nodes/n-1/series"
    assert (await ask(district, own, "GET", series, **EVER)).json()["points"]
    district.time.now_ms += 60_000
    assert (await district.admin("PATCH", "nodes/n-1", {"site": "s-7", **WHY})).is_success
    assert (await ask(district, own, "GET", series, quantity="pm2_5_cf1")).status_code == 404
    assert (await ask(district, others, "GET", series, **EVER)).json()["points"] == []
    places = (await ask(district, others, "GET", "/api/v1/nodes/n-1/deployments")).json()["items"]
    assert [place["site"] for place in places] == ["s-7"]
    of_site = await ask(district, own, "GET", "/api/v1/sites/s-1/series", **EVER)
    assert of_site.json()["positions"][0]["points"]


async def test_an_act_says_from_where_it_was(district: District) -> None:
    found = in_ms(await district.read("changes", what="site_added"))["items"]
    row = district.service.read(lambda connection: connection.execute(select(change).where(change.c.what == "site_added")).one())
    assert (row.address, row.actor, found[0]["who"]) == ("127.0.0.1", "token", "ada")


async def test_an_answer_that_is_open_ends_when_its_rights_change_elsewhere(district: District) -> None:
    began, statuses = asyncio.Event(), list[Any]()

    async def receive() -> Any:
        if began.is_set():
            await asyncio.sleep(3600)
        began.set()
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message: Any) -> None:
        statuses.append(message.get("status"))

    scope = {
        "type": "http", "client": ("127.0.0.1", 1), "server": ("fleet", 80), "scheme": "http", "root_path": "", "method": "POST",
        "path": "/api/v1/artifacts", "raw_path": b"/api/v1/artifacts", "query_string": b"name=x",
        "headers": [(b"authorization", f"Bearer {district.admin_token}".encode())],
    }  # fmt: skip
    upload = asyncio.create_task(district.client._transport.app(scope, receive, send))  # type: ignore[attr-defined]
    await asyncio.wait_for(began.wait(), 30)
    await district.service.write(lambda connection: connection.execute(update(admin_token).values(role="operator")))
    district.time.now_ms += HOLDS_MS
    await asyncio.wait_for(upload, 30)
    assert statuses[0] == 401
    assert (await district.admin("POST", "artifacts")).status_code == 403


def test_tokens_from_before_may_do_everything_as_they_could(tmp_path: Path, db: str | None) -> None:
    engine = new_engine(db or sqlite_url(tmp_path / "x.sqlite"))
    without_tables(engine)
    migrate_to(engine, "0021")
    row = "INSERT INTO admin_token (name, token_sha256, created_ms) VALUES ('ada', 'd', 1)"
    with for_writing(engine).begin() as connection:
        connection.execute(text(row))
    migrate(engine)
    with engine.connect() as connection:
        assert [(one.name, one.role, one.area) for one in list_admin_tokens(connection)] == [("ada", "administrator", None)]
    engine.dispose()


def test_the_command_makes_a_token_of_a_role_in_an_area(tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    run("init", "--state", state)
    engine = new_engine(sqlite_url(tmp_path / "state" / "fleet.sqlite"))
    with for_writing(engine).begin() as connection:
        connection.execute(text(f"INSERT INTO area (id, level, name_zh, name_en, created_ms) VALUES ('1', 1, 'x', 'x', {START_MS})"))
    engine.dispose()
    assert run("token", "create", "bea", "--role", "viewer", "--area", "1", "--state", state)[0] == 0
    assert "viewer in 1" in run("token", "list", "--state", state)[1]
    code, said = run("token", "create", "cid", "--area", "9", "--state", state)
    assert code != 0 and "an existing area" in said
    code, said = run("token", "create", "cid", "--role", "king", "--state", state)
    assert code != 0 and "viewer" in said
