from node.backoff import Backoff


def longest(limit: int) -> int:
    return limit - 1


def test_the_wait_doubles_from_1_s_to_60_s():
    backoff = Backoff(longest)
    waits = [backoff.next_wait_ms(0) for _ in range(8)]
    assert waits == [1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000]


def test_the_wait_is_any_share_of_the_limit():
    assert Backoff(lambda limit: 0).next_wait_ms(0) == 0


def test_a_link_that_broke_soon_is_no_success():
    backoff = Backoff(longest)
    for _ in range(4):
        backoff.next_wait_ms(19999)
    assert backoff.next_wait_ms(19999) == 16000


def test_a_link_that_held_starts_from_the_beginning():
    backoff = Backoff(longest)
    for _ in range(4):
        backoff.next_wait_ms(0)
    assert backoff.next_wait_ms(20000) == 1000
    assert backoff.next_wait_ms(0) == 2000
