"""Byte ranges, rate limits, gzip."""

import gzip
import tracemalloc

import pytest

from fleet.errors import MalformedError, RangeNotSatisfiableError, TooLargeError
from fleet.http import byte_range
from fleet.http.rate_limit import RateLimit
from fleet.http.request_body import gunzip

RANGES = {
    "none": (None, None),
    "first_bytes": ("bytes=0-3", (0, 4)),
    "to_the_end": ("bytes=6-", (6, 4)),
    "beyond_the_end": ("bytes=6-99", (6, 4)),
    "last_bytes": ("bytes=-3", (7, 3)),
    "more_than_all": ("bytes=-99", (0, 10)),
    "one_byte": ("bytes=9-9", (9, 1)),
    "backwards_is_ignored": ("bytes=5-2", None),
    "several_are_ignored": ("bytes=0-1,3-4", None),
    "other_units_are_ignored": ("lines=0-1", None),
    "no_numbers_are_ignored": ("bytes=-", None),
}


@pytest.mark.parametrize(("header", "expected"), RANGES.values(), ids=RANGES.keys())
def test_a_range_of_ten_bytes(header: str | None, expected: tuple[int, int] | None) -> None:
    assert byte_range.parse(header, 10) == expected


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-12", "bytes=-0"])
def test_a_range_outside_is_not_satisfiable(header: str) -> None:
    with pytest.raises(RangeNotSatisfiableError):
        byte_range.parse(header, 10)


def test_a_bucket_empties_and_fills_again() -> None:
    limit = RateLimit(per_s=2, burst=3)
    assert [limit.take("a", 0) for _ in range(4)] == [0, 0, 0, 1]
    assert limit.take("b", 0) == 0
    assert limit.take("a", 499) > 0
    assert limit.take("a", 500) == 0
    assert limit.refused == 2


def test_a_long_silence_fills_a_bucket_to_its_burst_and_no_further() -> None:
    limit = RateLimit(per_s=2, burst=3)
    assert limit.take("a", 0) == 0
    assert [limit.take("a", 3_600_000) for _ in range(4)] == [0, 0, 0, 1]


def test_keys_are_bounded() -> None:
    limit = RateLimit(per_s=1, burst=1, max_keys=2)
    for key in "abc":
        assert limit.take(key, 0) == 0
    assert limit.take("c", 0) == 1
    assert limit.take("a", 0) == 0  # forgotten


def test_a_gzip_bomb_is_not_unpacked_beyond_the_limit() -> None:
    bomb = gzip.compress(bytes(64 << 20))
    tracemalloc.start()
    with pytest.raises(TooLargeError):
        gunzip(bomb, 1 << 20)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20


def test_gunzip_takes_one_whole_member_within_the_limit() -> None:
    packed = gzip.compress(b"x" * 1000)
    assert gunzip(packed, 1000) == b"x" * 1000
    with pytest.raises(TooLargeError):
        gunzip(packed, 999)
    for damaged in (packed[:-1], packed + b"y", packed + packed, b"plain", b""):
        with pytest.raises(MalformedError):
            gunzip(damaged, 1000)
