"""Which requests are for the local page, and by a page of ours."""

import pytest

from gateway.web.own_requests import FOREIGN_HOST, FOREIGN_ORIGIN, OWN, judge, names_of

OWN_ADDRESS = "192.0.2.1"
NAMES = names_of("gw-12.local, Box.Example ,")

CASES = [
    ("192.0.2.1:8088", None, OWN),
    ("192.0.2.1", None, OWN),
    ("localhost:8088", None, OWN),
    ("LOCALHOST", None, OWN),
    ("127.0.0.1:1", None, OWN),
    ("[::1]:8088", None, OWN),
    ("gw-12.local:8088", None, OWN),
    ("box.example", None, OWN),
    ("BOX.example", None, OWN),
    ("192.0.2.1:8088", "http://192.0.2.1:8088", OWN),
    ("BOX.example", "http://box.example", OWN),
    (None, None, FOREIGN_HOST),
    ("", None, FOREIGN_HOST),
    ("192.0.2.2", None, FOREIGN_HOST),
    ("evil.example", None, FOREIGN_HOST),
    ("evil.example:8088", "http://evil.example:8088", FOREIGN_HOST),
    ("box.example.evil.example", None, FOREIGN_HOST),
    ("192.0.2.1.evil.example", None, FOREIGN_HOST),
    ("evil@192.0.2.1", None, FOREIGN_HOST),
    ("192.0.2.1/evil", None, FOREIGN_HOST),
    ("192.0.2.1:80:80", None, FOREIGN_HOST),
    ("192.0.2.1:99999", None, FOREIGN_HOST),
    ("[::1", None, FOREIGN_HOST),
    ("192.0.2.1, evil.example", None, FOREIGN_HOST),
    ("192.0.2.1:8088", "http://evil.example", FOREIGN_ORIGIN),
    ("192.0.2.1:8088", "https://192.0.2.1:8088", FOREIGN_ORIGIN),
    ("192.0.2.1:8088", "http://192.0.2.1:8089", FOREIGN_ORIGIN),
    ("192.0.2.1:8088", "http://192.0.2.1", FOREIGN_ORIGIN),
    ("192.0.2.1:8088", "null", FOREIGN_ORIGIN),
    ("192.0.2.1:8088", "", FOREIGN_ORIGIN),
]


@pytest.mark.parametrize(("host", "origin", "verdict"), CASES)
def test_a_request_is_ours_by_its_host_and_its_origin(host: str | None, origin: str | None, verdict: str) -> None:
    given = {"Host": host, "Origin": origin}
    assert judge({name: value for name, value in given.items() if value is not None}, OWN_ADDRESS, NAMES) == verdict


@pytest.mark.parametrize(
    ("host", "own"), [("[2001:db8::1]:8088", "2001:db8::1"), ("192.0.2.1", "::ffff:192.0.2.1"), ("[fe80::1]", "fe80::1%eth0")]
)
def test_an_address_of_this_machine_is_its_own_in_every_form(host: str, own: str) -> None:
    assert judge({"Host": host}, own, frozenset()) == OWN


def test_names_are_none_where_none_is_named() -> None:
    assert names_of("") == names_of(" , ") == frozenset()
