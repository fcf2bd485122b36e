"""A token bucket: what it gives at once, what it gives over time, and no more of either."""

from gateway.intake.rate_limit import TokenBucket


def _taken(bucket: TokenBucket, asked: int, now_s: float) -> int:
    return sum(bucket.take(now_s) for _ in range(asked))


def test_a_moment_that_has_passed_fills_it_once() -> None:
    bucket = TokenBucket(10, 5, 0)
    assert _taken(bucket, 20, 0) == 5
    assert _taken(bucket, 20, 0.2) == 2
    assert _taken(bucket, 20, 0.2) == 0


def test_a_long_silence_fills_it_to_its_burst_and_no_further() -> None:
    bucket = TokenBucket(10, 5, 0)
    assert _taken(bucket, 100, 3600) == 5


def test_a_second_gives_the_rate_however_it_is_cut() -> None:
    bucket = TokenBucket(10, 5, 0)
    _taken(bucket, 5, 0)
    assert sum(_taken(bucket, 5, step / 8) for step in range(1, 9)) == 10
