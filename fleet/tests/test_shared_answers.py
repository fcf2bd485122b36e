"""One answer for all who ask the same: made once, given while the next one is made, bounded."""

import asyncio
import gc
import gzip
from collections import Counter
from typing import Any

import pytest
from fastapi import Response
from starlette.datastructures import Headers

from fleet.errors import InvalidError, OverloadedError, RateLimitedError, TooSlowError
from fleet.http.shared_answers import GRACE_MS, LEAST_MS, MOST_MS, SHARED_MADE, SHARED_REFUSED, TOO_SLOW_MS, Asker, SharedAnswers
from fleet.tests.answer_maker import MOST_MADE, MOST_OF_ONE, PLAIN, Here, Maker, given, settled
from fleet.tests.district import SetClock


@pytest.fixture
def time() -> SetClock:
    return SetClock()


@pytest.fixture
def shared(time: SetClock) -> SharedAnswers:
    return SharedAnswers(lambda: time.now_ms, Here(), MOST_MADE, MOST_OF_ONE, Counter())


async def test_those_who_ask_meanwhile_wait_for_the_same(shared: SharedAnswers) -> None:
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


async def test_no_address_takes_the_places_of_the_others(shared: SharedAnswers, time: SetClock) -> None:
    maker = Maker()
    maker.go.clear()

    def begin(key: str, address: str) -> asyncio.Task[bytes]:
        return asyncio.create_task(given(shared, maker, key, address))

    held = [begin(f"a{number}", "a") for number in range(MOST_OF_ONE)]
    await asyncio.sleep(0)
    for number in range(20):
        with pytest.raises(RateLimitedError) as refused:
            await given(shared, maker, f"more{number}", "a")
        assert refused.value.retry_after_s == 1
    assert maker.admitted == MOST_OF_ONE, "what has no place costs none of its budget"
    same, other = begin("a0", "a"), begin("b", "b")
    await asyncio.sleep(0)
    maker.go.set()
    await asyncio.gather(*held, same, other)
    maker.fails = InvalidError()
    for number in range(2 * MOST_OF_ONE):
        with pytest.raises(InvalidError):
            await given(shared, maker, f"wrong{number}", "a")
    maker.fails = None
    maker.go.clear()
    again = [begin(f"c{number}", "a") for number in range(MOST_OF_ONE)]
    await asyncio.sleep(0)
    maker.go.set()
    await asyncio.gather(*again)
    assert not shared._askers, "what is gone is forgotten"


async def test_who_has_it_is_not_sent_it_and_who_can_gets_it_zipped(shared: SharedAnswers) -> None:
    maker = Maker(b"x" * 5000)

    async def asked(**headers: str) -> Response:
        return await shared.give(
            "a", Headers({name.replace("_", "-"): value for name, value in headers.items()}), Asker("a", maker.admit), maker.make
        )

    plain = await asked()
    zipped = await asked(accept_encoding="br, gzip")
    known = await asked(if_none_match=plain.headers["etag"])
    assert (zipped.headers["content-encoding"], gzip.decompress(zipped.body)) == ("gzip", plain.body)
    assert (known.status_code, known.body, known.headers["etag"]) == (304, b"", plain.headers["etag"])
    assert shared._counts[SHARED_MADE] == 1
