"""One answer for all who ask the same: made once, given while the next one is made, bounded."""

import asyncio
import gc
import gzip
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import Response
from starlette.datastructures import Headers

from fleet.errors import OverloadedError, RateLimitedError, TooSlowError
from fleet.http import shared_answers
from fleet.http.shared_answers import GRACE_MS, LEAST_MS, MOST_MS, SHARED_MADE, SHARED_REFUSED, TOO_SLOW_MS, Lasting, SharedAnswers
from fleet.tests.district import SetClock

PLAIN = Headers({})
MOST_MADE = 10
WITHIN_S = 20


class Here:
    """No thread at all."""

    async def run(self, function: Callable[[Response], Any], given: Response) -> Any:
        return function(given)


class Maker:
    """Answers with a number that counts, when it is let go."""

    def __init__(self, body: bytes = b"", lasts_ms: int | None = None) -> None:
        self.made = 0
        self.admitted = 0
        self.go = asyncio.Event()
        self.go.set()
        self.fails: Exception | None = None
        self.refuses: Exception | None = None
        self._body = body
        self._lasts_ms = lasts_ms

    async def make(self) -> Response:
        self.made += 1
        await self.go.wait()
        if self.fails:
            raise self.fails
        body = self._body or str(self.made).encode()
        return Response(body, media_type="text/html") if self._lasts_ms is None else Lasting(body, self._lasts_ms, "text/html")

    def admit(self) -> None:
        if self.refuses:
            raise self.refuses
        self.admitted += 1


@pytest.fixture
def time() -> SetClock:
    return SetClock()


@pytest.fixture
def shared(time: SetClock) -> SharedAnswers:
    return SharedAnswers(lambda: time.now_ms, Here(), MOST_MADE, Counter())


async def given(shared: SharedAnswers, maker: Maker, key: str = "a") -> bytes:
    async with asyncio.timeout(WITHIN_S):
        return bytes((await shared.give(key, PLAIN, maker.admit, maker.make)).body)


async def settled(shared: SharedAnswers) -> None:
    """Until nothing is made any more."""
    if shared._under_way:
        await asyncio.wait(shared._under_way.values())  # which looks at no exception


async def test_whoever_asks_meanwhile_waits_for_the_same(shared: SharedAnswers) -> None:
    maker = Maker()
    maker.go.clear()
    askers = [asyncio.create_task(given(shared, maker)) for _ in range(50)]
    await asyncio.sleep(0)
    askers[0].cancel()  # the one who began it leaves
    maker.go.set()
    assert set(await asyncio.gather(*askers[1:])) == {b"1"} and maker.made == maker.admitted == 1


async def test_what_has_just_expired_is_given_at_once_while_one_makes_the_next(shared: SharedAnswers, time: SetClock) -> None:
    maker = Maker()
    assert await given(shared, maker) == b"1"
    time.now_ms += LEAST_MS - 1
    assert (await given(shared, maker), maker.made) == (b"1", 1)
    time.now_ms += 1
    maker.go.clear()
    assert [await given(shared, maker) for _ in range(20)] == [b"1"] * 20
    await asyncio.sleep(0)
    assert maker.made == maker.admitted == 2
    maker.go.set()
    await settled(shared)
    assert (await given(shared, maker), maker.made) == (b"2", 2)


async def test_nobody_is_given_what_is_older_than_the_grace(shared: SharedAnswers, time: SetClock) -> None:
    maker = Maker()
    await given(shared, maker)
    time.now_ms += LEAST_MS + GRACE_MS
    maker.go.clear()
    asker = asyncio.create_task(given(shared, maker))
    await asyncio.sleep(0)
    assert not asker.done()
    maker.go.set()
    assert await asker == b"2"


async def test_what_takes_long_to_make_is_kept_longer_but_no_longer_than_a_page_allows(shared: SharedAnswers, time: SetClock) -> None:
    class Slow(Maker):
        async def make(self) -> Response:
            time.now_ms += MOST_MS
            return await super().make()

    maker = Slow()
    await given(shared, maker)
    time.now_ms += MOST_MS - 1
    await given(shared, maker)
    await settled(shared)
    assert maker.made == 1
    time.now_ms += 1
    await given(shared, maker)
    await settled(shared)
    assert maker.made == 2


async def test_an_answer_may_say_itself_how_long_it_lasts(shared: SharedAnswers, time: SetClock) -> None:
    maker = Maker(lasts_ms=60_000)
    await given(shared, maker)
    time.now_ms += 59_999
    await given(shared, maker)
    await settled(shared)
    assert maker.made == 1


async def test_a_fault_is_everybodys_and_not_kept(shared: SharedAnswers) -> None:
    maker = Maker()
    maker.fails = ZeroDivisionError()
    results = await asyncio.gather(*(given(shared, maker) for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [ZeroDivisionError] * 3
    maker.fails = None
    assert await given(shared, maker) == b"2"


async def test_a_fault_behind_the_scenes_is_raised_to_the_first_who_has_to_wait(shared: SharedAnswers, time: SetClock) -> None:
    lost: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: lost.append(context))
    maker = Maker()
    await given(shared, maker)
    maker.fails = ZeroDivisionError()
    time.now_ms += LEAST_MS
    assert await given(shared, maker) == b"1"
    await settled(shared)
    assert await given(shared, maker) == b"1"
    time.now_ms += GRACE_MS
    with pytest.raises(ZeroDivisionError):
        await given(shared, maker)
    gc.collect()
    assert lost == []


async def test_what_took_too_long_is_not_asked_again_for_a_while(shared: SharedAnswers, time: SetClock) -> None:
    maker = Maker()
    maker.fails = TooSlowError(5)
    for _ in range(5):
        with pytest.raises(TooSlowError):
            await given(shared, maker)
        time.now_ms += TOO_SLOW_MS // 5 - 1
    assert maker.made == 1
    maker.fails = None
    time.now_ms += TOO_SLOW_MS + GRACE_MS
    assert await given(shared, maker) == b"2"


async def test_who_is_not_admitted_gets_what_there_is_and_spoils_nothing_for_others(shared: SharedAnswers, time: SetClock) -> None:
    maker, refused = Maker(), Maker()
    refused.refuses = RateLimitedError(3)
    with pytest.raises(RateLimitedError):
        await given(shared, refused)
    maker.go.clear()
    waiting = asyncio.create_task(given(shared, maker))
    await asyncio.sleep(0)
    together = asyncio.create_task(given(shared, refused))  # nothing has to be made for this one
    await asyncio.sleep(0)
    maker.go.set()
    assert (await waiting, await together) == (b"1", b"1")
    time.now_ms += LEAST_MS
    assert await given(shared, refused) == b"1"
    time.now_ms += GRACE_MS
    with pytest.raises(RateLimitedError):
        await given(shared, refused)
    assert refused.made == 0


async def test_no_more_are_made_at_once_than_may_be(shared: SharedAnswers) -> None:
    maker = Maker()
    maker.go.clear()
    askers = [asyncio.create_task(given(shared, maker, str(number))) for number in range(MOST_MADE)]
    await asyncio.sleep(0)
    with pytest.raises(OverloadedError):
        await given(shared, maker, "another")
    same = asyncio.create_task(given(shared, maker, "0"))
    await asyncio.sleep(0)
    everybodys = asyncio.create_task(shared.give("of all", PLAIN, None, maker.make))
    await asyncio.sleep(0)
    maker.go.set()
    await asyncio.gather(*askers, same, everybodys)
    assert maker.made == MOST_MADE + 1 and shared._counts[SHARED_REFUSED] == 1
    await given(shared, maker, "another")


async def test_all_together_are_bounded(shared: SharedAnswers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_answers, "MOST_BYTES", 2500)
    maker = Maker(bytes(999))
    for key in ("a", "b", "c", "c", "b", "a", "c"):
        await given(shared, maker, key)
        assert shared._bytes == 999 * len(shared._kept) <= 2500
    assert maker.made == 5  # a, b, c; a again, which c had pushed out; and c, which nobody had asked as long as b


async def test_the_count_of_bytes_is_that_of_what_is_kept_whatever_expires_and_whatever_its_size(
    shared: SharedAnswers, time: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_answers, "MOST_BYTES", 2500)
    for round_ in range(200):
        maker = Maker(bytes((round_ * 397) % 3000 + 1))
        if round_ % 17 == 0:
            maker.fails = TooSlowError(5)
        keys = [str(round_ % 5), str(round_ % 3)]
        answers = await asyncio.gather(*(given(shared, maker, key) for key in keys), return_exceptions=True)
        assert not [answer for answer in answers if isinstance(answer, Exception) and not isinstance(answer, TooSlowError)]
        await settled(shared)
        assert shared._bytes == sum(kept.size for kept in shared._kept.values()) <= 2500
        time.now_ms += (round_ * 911) % 3000


async def test_an_answer_larger_than_all_together_is_given_and_not_kept(shared: SharedAnswers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_answers, "MOST_BYTES", 2500)
    small, large = Maker(b"small"), Maker(b"x" * 3000)
    await given(shared, small, "small")
    assert await asyncio.gather(*(given(shared, large, "large") for _ in range(3))) == [b"x" * 3000] * 3
    assert (list(shared._kept), shared._bytes, large.made) == (["small"], 5, 1)


async def test_errors_that_are_remembered_are_bounded_too(shared: SharedAnswers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_answers, "MOST_KEPT", 3)
    maker = Maker()
    maker.fails = TooSlowError(5)
    for number in range(9):
        with pytest.raises(TooSlowError):
            await given(shared, maker, str(number))
    assert len(shared._kept) == 3


async def test_who_has_it_is_not_sent_it_and_who_can_gets_it_zipped(shared: SharedAnswers) -> None:
    maker = Maker(b"x" * 5000)

    async def asked(**headers: str) -> Response:
        return await shared.give("a", Headers({name.replace("_", "-"): value for name, value in headers.items()}), maker.admit, maker.make)

    plain = await asked()
    zipped = await asked(accept_encoding="br, gzip")
    known = await asked(if_none_match=plain.headers["etag"])
    assert (zipped.headers["content-encoding"], gzip.decompress(zipped.body)) == ("gzip", plain.body)
    assert (known.status_code, known.body, known.headers["etag"]) == (304, b"", plain.headers["etag"])
    assert shared._counts[SHARED_MADE] == 1
