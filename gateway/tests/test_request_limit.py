"""How often the local page is asked: an address has a limit, and so have all together."""

from gateway.web.request_limit import RequestLimit


def admitted(limit: RequestLimit, address: str, asked: int, now_s: float = 0.0) -> int:
    return sum(limit.admits(address, now_s) for _ in range(asked))


def test_an_address_that_asks_too_much_takes_nothing_from_the_others() -> None:
    limit = RequestLimit(0.0)
    assert admitted(limit, "192.0.2.1", 5000) == 500
    assert admitted(limit, "192.0.2.2", 400) == 400
    assert admitted(limit, "192.0.2.1", 5000, 1.0) == 40


def test_many_addresses_together_have_a_limit_too() -> None:
    limit = RequestLimit(0.0)
    assert sum(admitted(limit, f"192.0.2.{number}", 50) for number in range(100)) == 1000
    assert sum(admitted(limit, f"192.0.2.{number}", 50, 1.0) for number in range(100)) == 150
