"""A token bucket: what it gives at once, what it gives over time, and no more of either."""

from host.token_bucket import TokenBucket, TokenBuckets


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


def test_what_was_left_is_what_it_begins_with() -> None:
    assert [_taken(TokenBucket(10, 5, 0, left), 100, 0) for left in (0, 2, 9)] == [0, 2, 5]


def test_what_is_given_back_is_there_again_and_never_more_than_it_holds() -> None:
    bucket = TokenBucket(10, 5, 0)
    bucket.give_back(3)
    assert _taken(bucket, 100, 0) == 5
    bucket.give_back(3)
    assert _taken(bucket, 100, 0) == 3


def test_after_the_wait_that_it_names_there_is_enough() -> None:
    bucket = TokenBucket(10, 5, 0)
    assert bucket.wait_s(0, 5) == 0
    _taken(bucket, 5, 0)
    assert bucket.wait_s(0, 4) == 0.4
    assert not bucket.take(0.39, 4) and bucket.take(0.4, 4)


def test_what_is_to_be_left_is_left() -> None:
    bucket = TokenBucket(10, 5, 0)
    assert bucket.take(0, 3, leave=2) and not bucket.take(0, 1, leave=2) and bucket.take(0, 2)


def test_each_key_has_a_bucket_of_its_own_and_the_one_that_asked_longest_ago_is_forgotten() -> None:
    buckets = TokenBuckets(1, 1, most_keys=2)
    assert [buckets.of(key, 0).take(0) for key in ("a", "b", "a", "b")] == [True, True, False, False]
    assert buckets.of("a", 0.5).take(0.5) is False
    assert buckets.of("c", 0.5).take(0.5) is True
    assert buckets.of("a", 0.5).take(0.5) is False, "it asked later than b"
    assert buckets.of("b", 0.5).take(0.5) is True, "forgotten"
