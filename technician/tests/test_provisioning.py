"""An identity is whole and valid before it reaches a board; the record says to the fleet what the board was told."""

import json
from typing import Any

import pytest

from contract import identity
from contract.faults import fault_text, path_text
from technician.errors import ProvisionError
from technician.provisioning import (
    Network,
    Place,
    faults,
    identity_file,
    identity_on_board,
    of_the_node_before,
    place_faults,
    read_records,
    record,
    unknown_name,
)

PLACE = Place("n-1", "g-1", "s-1")
NETWORK = Network("10.0.0.2", 1883, "", "", "school", "secret-1")
KEY = "ab" * 32
SENSOR = {"slot": 0, "part": "pms5003", "port": 0}


def test_an_identity_file_is_what_the_node_accepts() -> None:
    fields = json.loads(identity_file(PLACE, NETWORK, KEY, "esp32", {"sensors": [SENSOR]}))
    assert identity.faults(fields) == []
    assert (fields["node"], fields["wifi"]["ssid"], fields["board"]) == ("n-1", "school", "esp32")


def test_a_board_without_wifi_gets_none() -> None:
    assert "wifi" not in json.loads(identity_file(PLACE, NETWORK._replace(ssid=None), KEY, None, {}))


@pytest.mark.parametrize(
    ("place", "settings", "path"),
    [
        (PLACE._replace(node="Node 1"), {}, "node"),
        (PLACE._replace(gateway="G"), {}, "gateway"),
        (PLACE._replace(site=""), {}, "site"),
        (PLACE, {"period_ms": 5}, "settings.period_ms"),
        (PLACE, {"sensors": [{**SENSOR, "part": "toaster"}]}, "settings.sensors[0].part"),
        (PLACE, {"periode_ms": 5000}, "settings.periode_ms"),
    ],
    ids=["name", "gateway", "site", "number", "part", "typing error"],
)
def test_every_fault_is_named_by_its_path(place: Place, settings: dict[str, Any], path: str) -> None:
    assert [path_text(fault.path) for fault in faults(place, NETWORK, None, settings)] == [path]


def test_all_faults_are_told_at_once() -> None:
    network = NETWORK._replace(broker_host="10.0.0.256", ssid="s" * 33, wifi_password="short")
    found = faults(PLACE._replace(node="N"), network, "b" * 40, {"period_ms": 5, "periode_ms": 6, "sensors": [{**SENSOR, "slot": 99}]})
    assert {path_text(fault.path) for fault in found} == {
        "node", "wifi.ssid", "wifi.password", "broker.host", "board",
        "settings.period_ms", "settings.periode_ms", "settings.sensors[0].slot",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("ssid", "password", "path"),
    [
        ("学" * 11, "12345678", "wifi.ssid"),
        ("school ", "12345678", "wifi.ssid"),
        ("sch\x07ol", "12345678", "wifi.ssid"),
        ("school", "1234567", "wifi.password"),
        ("school", "1" * 64, "wifi.password"),
        ("school", "密码密码密码密码", "wifi.password"),
        ("", "12345678", "wifi.ssid"),
        ("", "", "wifi.ssid"),
        (None, "12345678", "wifi.password"),
    ],
)
def test_a_wifi_that_no_access_point_can_have_is_a_fault_and_the_password_is_not_shown(ssid: str | None, password: str, path: str) -> None:
    [fault] = faults(PLACE, NETWORK._replace(ssid=ssid, wifi_password=password), None, {})
    assert path_text(fault.path) == path
    assert path == "wifi.ssid" or password not in f"{fault.allowed}{fault.value}"


@pytest.mark.parametrize(("ssid", "password"), [("学" * 10, "12345678"), ("school", ""), ("a b", "pass phrase with space"), (None, "")])
def test_a_wifi_that_can_be_is_none(ssid: str | None, password: str) -> None:
    assert faults(PLACE, NETWORK._replace(ssid=ssid, wifi_password=password), None, {}) == []


@pytest.mark.parametrize(
    "host", ["", "10.0.0", "10.0.0.300", "mqtt://10.0.0.2", "a b", "-gw", "0.0.0.0", "224.0.0.1", "255.255.255.255", "fe80::1"]
)
def test_an_address_that_leads_nowhere_is_a_fault(host: str) -> None:
    assert [path_text(fault.path) for fault in faults(PLACE, NETWORK._replace(broker_host=host), None, {})] == ["broker.host"]


@pytest.mark.parametrize("host", ["10.0.0.2", "gateway.local", "gw-east", "127.0.0.1", "localhost"])
def test_an_address_that_can_lead_somewhere_is_none(host: str) -> None:
    assert faults(PLACE, NETWORK._replace(broker_host=host), None, {}) == []


def test_a_name_that_the_fleet_does_not_have_is_told_with_the_nearest() -> None:
    known = ["gw-east", "gw-west", "school"]
    [fault] = unknown_name("gateway", "gw-est", known)
    assert fault_text(fault) == "gateway: a gateway of the fleet: there is no gw-est; did you mean gw-west or gw-east?"
    assert "there are gw-east" in unknown_name("gateway", "zzz", known)[0].allowed
    assert unknown_name("gateway", "gw-east", known) == []
    assert "none" in unknown_name("gateway", "gw-east", [])[0].allowed


def test_a_node_that_is_elsewhere_is_moved_first_and_a_retired_name_is_not_used_again() -> None:
    [fault] = place_faults(PLACE, {"gateway": "g-2", "site": "s-1"})
    assert "airgrid-node move n-1 --gateway g-1" in fault.allowed
    assert place_faults(PLACE, {"gateway": "g-1", "site": "s-1", "left_ms": None}) == []
    assert [path_text(fault.path) for fault in place_faults(PLACE, {"gateway": "g-1", "site": "s-1", "left_ms": 5})] == ["node"]


def test_only_what_a_node_starts_with_is_the_identity_of_a_board() -> None:
    content = identity_file(PLACE, NETWORK, KEY, None, {})
    assert identity_on_board(content) == json.loads(content)
    for torn in (b"", content[:-5], b"[]", b"{}", content.replace(KEY.encode(), b"xx"), b"\xff"):
        assert identity_on_board(torn) is None


def test_what_a_node_kept_goes_with_its_name_and_the_counter_of_boots_stays() -> None:
    gone = ["/settings-a", "/settings-b", "/trial-a", "/spool/0001", "/sensors-b", "/crash.txt"]
    assert of_the_node_before([*gone, "/boot-a", "/boot.py", "/main.py", "/identity.json", "/a/node/app.mpy"]) == gone


def test_records_come_back_as_they_were_written() -> None:
    entries = [record(PLACE, KEY, {}), record(PLACE._replace(node="n-2"), KEY, {"period_ms": 5000})]
    assert read_records("\n".join(map(json.dumps, entries)) + "\n\n") == entries


def test_of_two_records_of_a_node_the_later_counts() -> None:
    # The board was not reached at the first attempt, so it has the key of the second.
    other = record(PLACE._replace(node="n-2"), "cd" * 32, {})
    entries = [record(PLACE, KEY, {}), other, record(PLACE, "ef" * 32, {})]
    read = read_records("\n".join(map(json.dumps, entries)))
    assert [(entry["id"], entry["key"]) for entry in read] == [("n-1", "ef" * 32), ("n-2", "cd" * 32)]


@pytest.mark.parametrize(
    "line",
    ["{", "[]", '{"id": "n-1"}', '{"id": [], "gateway": "g", "site": "s", "key": "k"}'],
    ids=["torn", "a list", "without a key", "no name"],
)
def test_a_line_that_is_no_record_is_named(line: str) -> None:
    with pytest.raises(ProvisionError, match="line 2"):
        read_records(json.dumps(record(PLACE, KEY, {})) + "\n" + line)
