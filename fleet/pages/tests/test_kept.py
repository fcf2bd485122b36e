"""What pages keep of the record: for a minute, and of so many only."""

from collections import Counter

import pytest

from fleet.pages.kept import KEPT_MS, Kept


class Source:
    """Counts how often each was read."""

    def __init__(self) -> None:
        self.now_ms = 0
        self.reads = Counter[str]()
        self.kept = Kept(lambda: self.now_ms, self.read, most=2)

    def read(self, key: str) -> str:
        self.reads[key] += 1
        return f"{key}{self.reads[key]}"


def test_it_is_read_anew_after_a_minute_and_not_before() -> None:
    source = Source()
    for now_ms, expected in ((0, "a1"), (KEPT_MS - 1, "a1"), (KEPT_MS, "a2"), (2 * KEPT_MS - 1, "a2")):
        source.now_ms = now_ms
        assert source.kept.get("a") == expected


def test_of_more_than_are_kept_the_one_that_was_looked_at_first_goes() -> None:
    source = Source()
    assert [source.kept.get(key) for key in ("a", "b", "a", "c", "a", "b", "c")] == ["a1", "b1", "a1", "c1", "a1", "b2", "c2"]


def test_a_reading_that_took_longer_than_a_minute_is_for_those_who_waited_too() -> None:
    source = Source()

    def slow(key: str) -> str:
        source.now_ms += 10 * KEPT_MS
        return source.read(key)

    kept = Kept(lambda: source.now_ms, slow, most=2)
    assert (kept.get("a"), kept.get("a")) == ("a1", "a1")
    source.now_ms += 1
    assert kept.get("a") == "a2"


def test_what_could_not_be_read_is_not_kept() -> None:
    faults = iter([KeyError("x"), None])

    def read(key: str) -> str:
        if fault := next(faults):
            raise fault
        return key

    kept = Kept(lambda: 0, read, most=2)
    with pytest.raises(KeyError):
        kept.get("a")
    assert kept.get("a") == "a"
