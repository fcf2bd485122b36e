# The identity file of a node, with and without faults.

import json

from contract.faults import path_text
from contract.identity import _BROKER, _WIFI, faults
from contract.tests.golden import load

_CASES = load("identity")


def test_good_identities_have_no_fault() -> None:
    for case in _CASES["good"]:
        assert faults(case["identity"]) == [], case["name"]


def test_every_fault_is_found_with_its_path() -> None:
    for case in _CASES["bad"]:
        assert [path_text(fault.path) for fault in faults(case["identity"])] == case["paths"], case["name"]


def test_every_text_is_as_long_as_its_row_allows_and_no_longer() -> None:
    # A passphrase of WPA is at most 63 characters (IEEE 802.11i), a name of a network 32 bytes, a host name 253 (RFC 1035).
    assert [row[3] for row in _WIFI] == [32, 63]
    assert [row[3] for row in _BROKER] == [253, 64, 64]
    for name, rows in (("wifi", _WIFI), ("broker", _BROKER)):
        for key, required, least, greatest in rows:
            for length, right in ((least, True), (greatest, True), (greatest + 1, False), (0, not required)):
                identity = json.loads(json.dumps(_CASES["good"][0]["identity"]))  # no deep copy on a device
                identity["wifi"] = {"ssid": "school"}
                identity["broker"] = {"host": "10.0.0.2", "port": 1883}
                identity[name][key] = "x" * length
                assert [fault.path for fault in faults(identity)] == ([] if right else [(name, key)]), (name, key, length)
