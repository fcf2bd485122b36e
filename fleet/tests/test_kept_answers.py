"""What is kept of shared answers is bounded, with what was asked."""

import asyncio
from collections import Counter

import pytest

from fleet.errors import TooSlowError
from fleet.http import shared_answers
from fleet.http.shared_answers import SharedAnswers
from fleet.tests.answer_maker import MOST_MADE, MOST_OF_ONE, Here, Maker, given, settled
from fleet.tests.district import SetClock


@pytest.fixture
def time() -> SetClock:
    return SetClock()


@pytest.fixture
def shared(time: SetClock) -> SharedAnswers:
    return SharedAnswers(lambda: time.now_ms, Here(), MOST_MADE, MOST_OF_ONE, Counter())


async def test_what_is_asked_counts_with_its_answer(shared: SharedAnswers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_answers, "MOST_BYTES", 2500)
    maker = Maker(b"small")
    for number in range(9):
        await given(shared, maker, str(number) * 1000)
    assert len(shared._kept) == 2 and shared._bytes == 2 * (1000 + 2 + 5)
    maker.fails = TooSlowError(5)
    for number in range(9):
        with pytest.raises(TooSlowError):
            await given(shared, maker, "e" + str(number) * 1000)
    assert len(shared._kept) == 2 and shared._bytes == 2 * (1001 + 2)


async def test_all_together_are_bounded(shared: SharedAnswers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_answers, "MOST_BYTES", 2500)
    maker = Maker(bytes(999))
    for key in ("a", "b", "c", "c", "b", "a", "c"):
        await given(shared, maker, key)
        assert shared._bytes == (999 + len(repr(key))) * len(shared._kept) <= 2500
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
    assert (list(shared._kept), shared._bytes, large.made) == (["small"], 5 + 7, 1)


async def test_errors_that_are_remembered_are_bounded_too(shared: SharedAnswers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_answers, "MOST_KEPT", 3)
    maker = Maker()
    maker.fails = TooSlowError(5)
    for number in range(9):
        with pytest.raises(TooSlowError):
            await given(shared, maker, str(number))
    assert len(shared._kept) == 3
