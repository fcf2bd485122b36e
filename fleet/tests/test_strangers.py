"""What strangers can ask of the pages: one answer for all, a wish for a language, and no more than one address may have made."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from annotated_types import MaxLen

from fleet.http.shared_answers import GRACE_MS, LEAST_MS, SHARED_MADE, SHARED_REFUSED
from fleet.pages import docs, public, routes, static_files
from fleet.pages.shared_route import SharedRoute, query_fields
from fleet.store.reading import PEOPLE_THREADS
from fleet.tests.district import District, open_district, report
from host.listening import addresses

ENGLISH = {"Accept-Language": "en"}
BROWSER = {**ENGLISH, "Accept": "text/html,*/*;q=0.8"}


@pytest.fixture
async def local(state: Path) -> AsyncIterator[District]:
    async with open_district(state) as opened:
        yield opened


async def asked(district: District, path: str, **headers: str) -> httpx.Response:
    answer = await district.client.get(path, headers=headers or ENGLISH)
    assert answer.status_code == 200, answer.text
    return answer


async def test_all_viewers_of_a_page_get_one_answer_in_their_language(local: District) -> None:
    await local.ingest(report(1))
    answers = await asyncio.gather(*(asked(local, path) for path in ("/", "/?utm=1", "/", "/?utm=2")))
    assert len({answer.content for answer in answers}) == 1
    assert local.service.counts[SHARED_MADE] == 1
    chinese = await asked(local, "/", **{"Accept-Language": "zh-CN"})
    assert 'lang="zh-CN"' in chinese.text and 'lang="en"' in answers[0].text
    assert local.service.counts[SHARED_MADE] == 2
    local.time.now_ms += LEAST_MS + GRACE_MS
    await asked(local, "/")
    assert local.service.counts[SHARED_MADE] == 3


async def test_a_chart_is_the_same_in_every_language_and_order_and_with_words_that_mean_nothing(local: District) -> None:
    paths = ["quantity=pm2_5_cf1&node=n-1&node=n-2", "node=n-2&quantity=pm2_5_cf1&node=n-1&node=n-1&x=1"]
    answers = [
        await asked(local, "/live/chart.json?" + path, **{"Accept-Language": language}) for path in paths for language in ("en", "zh")
    ]
    assert len({answer.content for answer in answers}) == 1 and local.service.counts[SHARED_MADE] == 1


WISHES = {
    "/?lang=en": "/",
    "/?lang=en&lang=zh-CN": "/",
    "/?q=a+b%26&lang=en&from=2026-01-01T00:00": "/?q=a+b%26&from=2026-01-01T00%3A00",
    "/live/overview?lang=en": "/live/overview",
    "/nodes/n-1?lang=en": "/nodes/n-1",
    "/nodes/n-9?lang=en": "/nodes/n-9",
    "/nodes/a%0d%0aSet-Cookie:%20x=1?lang=en": "/nodes/a%0D%0ASet-Cookie%3A%20x%3D1",
    "/nodes/%5Cevil.example?lang=en": "/nodes/%5Cevil.example",
    "/docs?lang=en": "/docs",
    "/?lang=en&q=%0d%0aSet-Cookie:%20x=1": "/?q=%0D%0ASet-Cookie%3A+x%3D1",
    "/?lang=en&q=\u4e2d": "/?q=%E4%B8%AD",
    "//evil.example/?lang=en": "/evil.example/",
    "/%2Fevil.example?lang=en": "/evil.example",
    "/%5Cevil.example?lang=en": "/%5Cevil.example",
    "/%09/evil.example?lang=en": "/%09/evil.example",
    "/nowhere?lang=en&x=1": "/nowhere?x=1",
}


@pytest.mark.parametrize(("path", "target"), WISHES.items())
async def test_a_wish_for_a_language_is_remembered_and_leads_to_the_same_address_without_it(
    local: District, path: str, target: str
) -> None:
    answer = await local.client.get(httpx.URL("http://fleet" + path), headers={**BROWSER, "Host": "evil.example"})
    assert answer.status_code == 303 and answer.headers["location"] == target and not answer.content
    assert answer.headers["cache-control"] == "no-store" and local.service.counts[SHARED_MADE] == 0
    went = urlsplit(answer.headers["location"])
    assert (went.scheme, went.netloc) == ("", "") and target.startswith("/") and target[1:2] not in ("/", "\\")
    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert cookie.value in ("en", "zh-CN") and cookie["httponly"] and cookie["path"] == "/"


@pytest.mark.parametrize("wished", ["", "tlh", "en%0d%0aX:1", "EN", "x" * 5000])
async def test_a_wish_for_a_language_that_there_is_not_changes_nothing(local: District, wished: str) -> None:
    answer = await local.client.get("/?lang=" + wished)
    assert (answer.status_code, answer.headers["location"]) == (303, "/") and "set-cookie" not in answer.headers


async def test_the_remembered_language_is_that_of_the_next_answer(local: District) -> None:
    answer = await local.client.get("/alarms?lang=en", headers={"Accept-Language": "zh"}, follow_redirects=True)
    assert answer.status_code == 200 and 'lang="en"' in answer.text
    assert "set-cookie" not in answer.headers and str(answer.url) == "http://fleet/alarms"


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public, "MADE_PER_S", 1.0)
    monkeypatch.setattr(public, "MADE_AT_ONCE", 3.0)


@asynccontextmanager
async def from_address(district: District, address: str) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(district.client._transport.app, client=(address, 1))  # type: ignore[attr-defined]
    async with httpx.AsyncClient(transport=transport, base_url="http://fleet") as client:
        yield client


DEAR = {
    "search": "/live/overview?q={}",
    "page": "/?page={}",
    "node": "/nodes/n-{}",
    "gateway": "/live/gateways/g-{}",
    "span": "/live/chart.json?quantity=pm2_5_cf1&span=own&from_ms=0&to_ms={}00000",
    "file": "/static/x{}.js",
}


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("kind", DEAR)
async def test_an_address_has_only_so_many_answers_made(state: Path, kind: str) -> None:
    async with open_district(state) as local:
        await asked(local, "/")
        for number in range(1, 9):
            last = await local.client.get(DEAR[kind].format(number))
        assert last.status_code == 429 and int(last.headers["retry-after"]) >= 1
        assert last.headers["content-type"] == "application/problem+json"
        page = await local.client.get("/?q=else", headers=BROWSER)
        assert page.status_code == 429 and page.headers["retry-after"] == "1" and "tries again by itself in 1 s" in page.text
        for everybodys in ("/", "/live/overview", "/alarms", "/docs", "/live/chart.json?quantity=pm2_5_cf1"):
            await asked(local, everybodys)
        async with from_address(local, "192.0.2.7") as other:
            assert (await other.get("/?q=else", headers=BROWSER)).status_code == 200
        local.time.now_ms += 1000
        assert (await local.client.get("/?q=other")).status_code == 200


@pytest.mark.usefixtures("few")
async def test_a_machine_is_no_more_addresses_by_its_ipv6_network(state: Path) -> None:
    async with open_district(state) as local:
        statuses = []
        for number in range(5):
            async with from_address(local, f"2001:db8::{number}") as client:
                statuses.append((await client.get(f"/?q={number}")).status_code)
        assert statuses == [200, 200, 200, 429, 429]


@pytest.mark.usefixtures("few")
async def test_machines_of_one_ipv6_link_have_a_budget_each(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = tmp_path / "if_inet6"
    listed.write_text("20010db8000000000000000000000001 02 40 00 00     eth0\n")
    monkeypatch.setattr(addresses, "INTERFACES", listed)
    async with open_district(state, failures_per_minute=2) as local:
        for machine in ("2001:db8::1", "2001:db8::2", "::ffff:192.0.2.1"):
            async with from_address(local, machine) as client:
                assert [(await client.get(f"/?q={machine}{number}")).status_code for number in range(4)] == [200, 200, 200, 429]
                wrong = [await client.get("/api/v1/nodes", headers={"Authorization": f"Bearer {number}"}) for number in range(3)]
                assert [answer.status_code for answer in wrong] == [401, 401, 429]


async def test_viewers_who_hold_every_thread_and_place_take_none_of_the_administrators(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public, "MOST_MADE", 2)
    async with open_district(state) as local:
        release, begun = threading.Event(), []

        def hold() -> None:
            begun.append(1)
            release.wait(60)

        holding = [asyncio.create_task(local.public.pages.reader.run(hold)) for _ in range(public.THREADS)]
        try:
            while len(begun) < public.THREADS:
                await asyncio.sleep(0.001)
            waiting = [asyncio.create_task(local.client.get(f"/?q={number}")) for number in range(20)]
            refused = [await task for task in waiting[2:]]
            assert {(answer.status_code, answer.headers["retry-after"]) for answer in refused} == {(503, "3")}
            async with asyncio.timeout(30):
                nodes = await asyncio.gather(*(local.read("nodes") for _ in range(3 * PEOPLE_THREADS)))
                assert all(answer["items"] for answer in nodes)
                assert (await local.add_node("n-2")).status_code == 201
                assert await local.statuses(report(1)) == ["accepted"]
            assert not any(task.done() for task in waiting[:2])
        finally:
            release.set()
        await asyncio.gather(*holding)
        assert [(await task).status_code for task in waiting[:2]] == [200, 200]
        assert local.service.counts[SHARED_REFUSED] == 18


async def test_one_address_leaves_places_to_the_others(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_district(state) as local:
        release = threading.Event()
        holding = [asyncio.create_task(local.public.pages.reader.run(release.wait, 60)) for _ in range(public.THREADS)]
        try:
            await asyncio.sleep(0)
            waiting = [asyncio.create_task(local.client.get(f"/?q={number}")) for number in range(60)]
            refused = [await task for task in waiting[public.MOST_OF_ONE :]]
            assert {(answer.status_code, answer.headers["retry-after"]) for answer in refused} == {(429, "1")}
            async with from_address(local, "192.0.2.7") as other:
                asking = asyncio.create_task(other.get("/?q=other"))
                files = [asyncio.create_task(other.get(f"/static/{name}")) for name in static_files._files()]
                assert len(files) > public.MOST_OF_ONE
                release.set()
                assert {(await task).status_code for task in (asking, *files)} == {200}
        finally:
            release.set()
        await asyncio.gather(*holding)
        assert {(await task).status_code for task in waiting[: public.MOST_OF_ONE]} == {200}


async def test_what_a_route_reads_is_all_that_makes_a_question(local: District) -> None:
    again = "&".join(f"q={number}" for number in range(500))
    texts = [(await asked(local, f"/live/overview?{query}q=n-1")).text for query in ("", again + "&", "q=n-2&", "page=7&page=1&")]
    assert len(set(texts[:3])) == 1 and "n-1" in texts[0]
    assert local.service.counts[SHARED_MADE] == 2
    assert all(len(repr(key)) < 300 for key in local.public.pages.answers._kept)
    assert "n-1" not in (await asked(local, "/live/overview?q=n-1&q=n-2")).text, "the last one, as the route reads it"


def test_every_word_of_a_question_is_one_short_text() -> None:
    """So that the last of a name is all of it, and no question is kept that is long."""
    shared = [route for router in (routes.router, docs.router, static_files.router) for route in router.routes]
    read = {name: field for route in shared if isinstance(route, SharedRoute) for name, field in query_fields(route.dependant).items()}
    assert len(shared) > 8 and len(read) > 8
    for name, field in read.items():
        assert field.field_info.annotation is str, name
        assert next(one.max_length for one in field.field_info.metadata if isinstance(one, MaxLen)) <= 100, name


EVERYBODYS = ("/", "/live/overview", "/nodes/n-1", "/gateways/g-1", "/alarms", "/docs", "/openapi.json", "/static/house.css")


@pytest.mark.parametrize("path", [*EVERYBODYS, "/live/chart.json?quantity=pm2_5_cf1", "/live/chart.json?quantity=pm2_5_cf1&span=7d"])
async def test_no_page_needs_a_thread_of_the_administrators(local: District, path: str) -> None:
    release = threading.Event()
    holding = [asyncio.create_task(local.service.people.run(release.wait, 60)) for _ in range(PEOPLE_THREADS + 1)]
    try:
        async with asyncio.timeout(30):
            assert (await local.client.get(path)).status_code == 200
    finally:
        release.set()
    await asyncio.gather(*holding)


async def test_an_administrator_writes_while_strangers_read(local: District, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise AssertionError("asked for a place")

    monkeypatch.setattr(local.service.people, "admit", refuse)
    made: list[Any] = [
        await local.admin("POST", "sites", {"id": "s-2", "name": "Gate", "latitude": 1.0, "longitude": 2.0}),
        await local.add_node("n-2"),
        await local.admin("PUT", "nodes/n-2/settings", {"settings": {"period_ms": 5000}, "reason": "test"}),
        await local.admin("POST", "nodes/n-2/retirement", {"reason": "test"}),
        await local.admin("DELETE", "gateways/g-1/token", reason="test"),
    ]
    assert [answer.status_code for answer in made] == [201, 201, 200, 200, 204], [answer.text for answer in made]
    with pytest.raises(AssertionError, match="asked for a place"):
        await local.service.consult(lambda connection: None)
