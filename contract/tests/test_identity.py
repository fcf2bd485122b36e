# The identity file of a node, with and without faults.

from contract.identity import faults
from contract.tests.golden import load

_CASES = load("identity")


def test_good_identities_have_no_fault() -> None:
    for case in _CASES["good"]:
        assert faults(case["identity"]) == [], case["name"]


def test_every_fault_is_found_with_its_path() -> None:
    for case in _CASES["bad"]:
        assert [path for path, allowed in faults(case["identity"])] == case["paths"], case["name"]
