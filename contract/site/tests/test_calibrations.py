# Calibrations with and without faults.

from contract.faults import Fault, path_text
from contract.site.calibrations import MODELS, faults, unknown_keys

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know this name
if TYPE_CHECKING:
    from typing import Any

_RH = {"slot": 1, "quantity": "humidity", "coefficient": "-0.0862", "least": 0, "greatest": 95}


def _one(model: "Any" = "linear", **keys: "Any") -> "dict[str, Any]":
    one: "dict[str, Any]" = {"id": "c", "version": 1, "node": "n1", "slot": 0, "quantity": "pm2_5_cf1", "from_ms": 1000, "model": model}
    if model == "multilinear":
        one["inputs"] = [_RH]
    if model == "rh_growth":
        one.update({"kappa": "0.4", "inputs": [_RH]})
    if model == "two_point":
        one.update({"zero": "0.05", "span": "9.8", "reference": 10})
    one.update(keys)
    return one


_BAD = {
    "no model": (_one("cubic"), "model"),
    "a float": (_one(gain=0.5), "gain"),
    "a gain too large": (_one(gain="1000000.5"), "gain"),
    "no coefficient": (_one("rh_growth", kappa=None), "kappa"),
    "zero and span the same": (_one("two_point", span="0.050"), "span"),
    "an input too many": (_one(inputs=[_RH]), "inputs"),
    "an input too few": (_one("multilinear", inputs=[]), "inputs"),
    "an input without its coefficient": (_one("multilinear", inputs=[{"slot": 1, "quantity": "humidity"}]), "inputs[0].coefficient"),
    "growth by temperature": (_one("rh_growth", inputs=[{"slot": 1, "quantity": "temperature"}]), "inputs[0].quantity"),
    "an end before its beginning": (_one(to_ms=1000), "to_ms"),
    "a range upside down": (_one(least=10, greatest=9), "greatest"),
    "an invalid node": (_one(node="N 1"), "node"),
    "an invalid slot": (_one(slot=16), "slot"),
    "an invalid quantity": (_one(quantity="dust"), "quantity"),
    "a list for a quantity": (_one(quantity=[]), "quantity"),
    "an object for a model": (_one(model={}), "model"),
    "no id": (_one(id=""), "id"),
}


def test_every_model_has_a_calibration_without_a_fault() -> None:
    assert faults([_one(model, id=model, slot=slot) for slot, model in enumerate(sorted(MODELS))]) == []


def test_every_fault_is_found_with_its_path() -> None:
    for name, (one, path) in _BAD.items():
        assert [path_text(fault.path) for fault in faults([one])] == ["[0]." + path], name + repr(faults([one]))


def test_a_key_that_means_nothing_is_named() -> None:
    wrong = _one("rh_growth", kapa="0.4", inputs=[{"slot": 1, "quantity": "humidity", "gain": 1}, 1])
    found = unknown_keys([wrong, _one(kappa=1)])
    assert [path_text(fault.path) for fault in found] == ["[0].kapa", "[0].inputs[0].gain", "[1].kappa"]
    assert unknown_keys([_one(model) for model in sorted(MODELS)]) == []
    assert unknown_keys([1, {"model": []}, _one(inputs=1)]) == []


def test_each_has_an_id_of_its_own() -> None:
    for other in (_one(from_ms=2000, version=2), _one(slot=1), _one(node="n2")):
        assert faults([_one(to_ms=2000), other]) == [Fault((1, "id"), "an id of its own", "c")]


def test_what_two_of_them_have_in_common_is_found_beside_a_fault_of_a_third() -> None:
    found = faults([_one(), _one("cubic", id="e"), _one(id="d", from_ms=2000), _one(slot=1)])
    assert [path_text(fault.path) for fault in found] == ["[1].model", "[3].id", "[2].from_ms"]


def test_a_channel_has_one_calibration_at_a_time() -> None:
    assert faults([_one(to_ms=2000), _one(id="d", from_ms=2000)]) == []
    assert [(fault.path, fault.value) for fault in faults([_one(), _one(id="d", from_ms=2000)])] == [((1, "from_ms"), 2000)]
    assert faults([_one(), _one(id="d", from_ms=2000, slot=1)]) == []
    assert faults("c") == [Fault((), "a list of at most 5000", "c")]
