"""An identity is whole and valid before it reaches a board; the record says to the fleet what the board was told."""

import json
from typing import Any

import pytest

from contract import identity
from contract.faults import path_text
from technician.errors import ProvisionError
from technician.provisioning import Network, Place, identity_file, read_records, record

PLACE = Place("n-1", "g-1", "s-1")
NETWORK = Network("10.0.0.2", 1883, "", "", "school", "secret")
KEY = "ab" * 32
SENSOR = {"slot": 0, "part": "pms5003", "port": 0}


def test_an_identity_file_is_what_the_node_accepts() -> None:
    fields = json.loads(identity_file(PLACE, NETWORK, KEY, "esp32", {"sensors": [SENSOR]}))
    assert identity.faults(fields) == []
    assert (fields["node"], fields["wifi"]["ssid"], fields["board"]) == ("n-1", "school", "esp32")


def test_a_board_without_wifi_gets_none() -> None:
    assert "wifi" not in json.loads(identity_file(PLACE, NETWORK._replace(ssid=""), KEY, None, {}))


@pytest.mark.parametrize(
    ("place", "settings", "path"),
    [
        (PLACE._replace(node="Node 1"), {}, "node"),
        (PLACE, {"period_ms": 5}, "settings.period_ms"),
        (PLACE, {"sensors": [{**SENSOR, "part": "toaster"}]}, "settings.sensors[0].part"),
        (PLACE, {"periode_ms": 5000}, "settings.periode_ms"),
    ],
    ids=["name", "number", "part", "typing error"],
)
def test_every_fault_of_an_identity_is_named_by_its_path(place: Place, settings: dict[str, Any], path: str) -> None:
    with pytest.raises(ProvisionError) as refused:
        identity_file(place, NETWORK, KEY, None, settings)
    assert [path_text(fault.path) for fault in refused.value.faults] == [path]


def test_a_refusal_does_not_show_the_key() -> None:
    with pytest.raises(ProvisionError) as refused:
        identity_file(PLACE._replace(node="Node 1"), NETWORK, KEY, None, {})
    assert KEY not in str(refused.value)


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
