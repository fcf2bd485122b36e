# A module that is visited is loaded for one call, and nothing of it stays.

import sys

from node import transient_import


def test_what_was_visited_and_what_it_brought_is_forgotten() -> None:
    name = "contract.identity"
    sys.modules.pop(name, None)
    before = set(sys.modules)
    faults = transient_import.call(name, "faults", {})
    assert faults
    assert set(sys.modules) == before


def test_what_was_there_before_stays() -> None:
    import contract.values

    transient_import.call("contract.settings", "faults", {})
    assert sys.modules["contract.values"] is contract.values


def test_a_fault_of_the_visited_passes_and_it_is_forgotten_all_the_same() -> None:
    sys.modules.pop("contract.identity", None)
    try:
        transient_import.call("contract.identity", "no_such_function")
    except AttributeError:
        assert "contract.identity" not in sys.modules
    else:
        raise AssertionError("no fault")
