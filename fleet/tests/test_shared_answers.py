"""One answer for all who ask the same: made once, kept for a while, bounded; and the pages' routes that use it."""

import asyncio
import gzip
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import Response
from starlette.datastructures import Headers

from fleet.http import shared_answers
from fleet.http.shared_answers import LEAST_MS, MOST_MS, SHARED_MADE, SharedAnswers
from fleet.tests.district import District, SetClock, open_district, report

PLAIN = Headers({})


class Maker:
    """Answers with a number that counts, when it is let go."""

    def __init__(self, body: bytes = b"") -> None:
        self.made = 0
        self.go = asyncio.Event()
        self.go.set()
        self._body = body

    async def make(self) -> Response:
        self.made += 1
        await self.go.wait()
        return Response(self._body or str(self.made), media_type="text/html")


@pytest.fixture
def time() -> SetClock:
    return SetClock()


@pytest.fixture
def shared(time: SetClock) -> SharedAnswers:
    return SharedAnswers(lambda: time.now_ms, Counter())


async def test_whoever_asks_meanwhile_waits_for_the_same(shared: SharedAnswers) -> None:
    maker = Maker()
    maker.go.clear()
    askers = [asyncio.create_task(shared.give("a", PLAIN, maker.make)) for _ in range(50)]
    await asyncio.sleep(0)
    askers[0].cancel()  # the one who began it leaves
    maker.go.set()
    answers = await asyncio.gather(*askers[1:])
    assert maker.made == 1 and {bytes(answer.body) for answer in answers} == {b"1"}


async def test_it_is_kept_for_a_while_and_then_made_again(shared: SharedAnswers, time: SetClock) -> None:
    maker = Maker()
    bodies = []
    for later_ms in (0, LEAST_MS - 1, 1):
        time.now_ms += later_ms
        bodies.append(bytes((await shared.give("a", PLAIN, maker.make)).body))
    assert bodies == [b"1", b"1", b"2"]


async def test_what_takes_long_to_make_is_kept_longer(shared: SharedAnswers, time: SetClock) -> None:
    class Slow(Maker):
        async def make(self) -> Response:
            time.now_ms += MOST_MS
            return await super().make()

    maker = Slow()
    await shared.give("a", PLAIN, maker.make)
    time.now_ms += MOST_MS - 1
    await shared.give("a", PLAIN, maker.make)
    assert maker.made == 1


async def test_a_fault_is_everybodys_and_not_kept(shared: SharedAnswers) -> None:
    async def fail() -> Response:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    results = await asyncio.gather(*(shared.give("a", PLAIN, fail) for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [ZeroDivisionError] * 3
    assert bytes((await shared.give("a", PLAIN, Maker().make)).body) == b"1"


async def test_all_together_are_bounded(shared: SharedAnswers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_answers, "MOST_BYTES", 2500)
    maker = Maker(bytes(999))
    for key in ("a", "b", "c", "c", "b", "a", "c"):
        await shared.give(key, PLAIN, maker.make)
        assert shared._bytes == 999 * len(shared._entries) <= 2500
    assert maker.made == 4  # a, b, c; and a again, which c had pushed out


async def test_who_has_it_is_not_sent_it_and_who_can_gets_it_zipped(shared: SharedAnswers) -> None:
    maker = Maker(b"x" * 5000)
    plain = await shared.give("a", PLAIN, maker.make)
    zipped = await shared.give("a", Headers({"accept-encoding": "br, gzip"}), maker.make)
    known = await shared.give("a", Headers({"if-none-match": plain.headers["etag"]}), maker.make)
    assert (zipped.headers["content-encoding"], gzip.decompress(zipped.body)) == ("gzip", plain.body)
    assert (known.status_code, known.body, known.headers["etag"]) == (304, b"", plain.headers["etag"])


async def asked(district: District, path: str, **headers: str) -> httpx.Response:
    answer = await district.client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


async def test_all_viewers_of_a_page_get_one_answer_in_their_language(state: Path) -> None:
    async with open_district(state) as district:
        await district.ingest(report(1))
        paths = ["/", "/?utm=1", "/", "/?utm=2"]
        answers = await asyncio.gather(*(asked(district, path, **{"Accept-Language": "en"}) for path in paths))
        assert len({answer.content for answer in answers}) == 1
        assert district.service.counts[SHARED_MADE] == 1
        chinese = await asked(district, "/", **{"Accept-Language": "zh-CN"})
        assert 'lang="zh-CN"' in chinese.text and 'lang="en"' in answers[0].text
        assert district.service.counts[SHARED_MADE] == 2
        district.time.now_ms += LEAST_MS
        await asked(district, "/", **{"Accept-Language": "en"})
        assert district.service.counts[SHARED_MADE] == 3


async def test_a_wish_for_a_language_is_nobody_elses(state: Path) -> None:
    async with open_district(state) as district:
        for _ in range(2):
            wished: Any = await asked(district, "/?lang=en")
            assert "airgrid_language=en" in wished.headers["set-cookie"]
        assert "set-cookie" not in (await asked(district, "/")).headers
