"""What counts as one address: a machine elsewhere has a whole IPv6 network, machines of the link share one."""

from ipaddress import IPv6Network
from pathlib import Path

import pytest

from host.listening.addresses import INTERFACES, Addresses, counted_address, on_link_networks

ON_LINK = frozenset({IPv6Network("2001:db8:0:7::/64"), IPv6Network("fd00:1:2:3::/64")})


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8::1:2:3:4", "2001:db8::/64"),
        ("2001:db8::ffff:ffff:ffff:ffff", "2001:db8::/64"),
        ("2001:db8:0:7::1", "2001:db8:0:7::1"),
        ("2001:db8:0:8::1", "2001:db8:0:8::/64"),
        ("fd00:1:2:3:a:b:c:d", "fd00:1:2:3:a:b:c:d"),
        ("fd00:1:2:4:a:b:c:d", "fd00:1:2:4::/64"),
        ("fe80::1%eth0", "fe80::1"),
        ("fe80::abcd", "fe80::abcd"),
        ("::1", "::1"),
        ("", ""),
        ("a name", "a name"),
    ],
)
def test_one_machine_is_one_address(host: str, counted: str) -> None:
    assert counted_address(host, ON_LINK) == counted


def test_networks_of_the_link_are_those_that_the_kernel_lists(tmp_path: Path) -> None:
    listed = tmp_path / "if_inet6"
    listed.write_text(
        "00000000000000000000000000000001 01 80 10 80       lo\n"
        "fe800000000000005054fffffe123456 02 40 20 80     eth0\n"
        "20010db8000000070000000000000001 02 40 00 00     eth0\n"
    )
    assert on_link_networks(listed) == {IPv6Network("::1/128"), IPv6Network("fe80::/64"), IPv6Network("2001:db8:0:7::/64")}


def test_a_network_that_comes_later_is_known_within_a_minute(tmp_path: Path) -> None:
    listed, now = tmp_path / "if_inet6", [0.0]
    addresses = Addresses(lambda: now[0], listed)
    assert addresses.counted("2001:db8:0:7::1") == "2001:db8:0:7::/64"
    listed.write_text("20010db8000000070000000000000001 02 40 00 00     eth0\n")
    now[0] = 59.9
    assert addresses.counted("2001:db8:0:7::1") == "2001:db8:0:7::/64"
    now[0] = 60.0
    assert addresses.counted("2001:db8:0:7::1") == "2001:db8:0:7::1"


def test_a_kernel_without_ipv6_has_none(tmp_path: Path) -> None:
    assert on_link_networks(tmp_path / "absent") == frozenset()


@pytest.mark.skipif(not INTERFACES.exists(), reason="a kernel without IPv6")
def test_what_this_kernel_lists_is_understood() -> None:
    assert all(isinstance(network, IPv6Network) for network in on_link_networks(INTERFACES))
