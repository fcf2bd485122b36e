# Canonical bytes against vectors; what has none is refused with its path.

import json

from contract.faults import path_text
from contract.site.canonical import MAX_DEPTH, canonical_bytes
from contract.site.errors import CanonicalError
from contract.tests.golden import load

_CASES = load("canonical")


def _path(value: object) -> "str | None":
    try:
        canonical_bytes(value)
    except CanonicalError as error:
        return path_text(error.fault.path)
    return None


def test_canonical_bytes_agree_with_the_vectors() -> None:
    for case in _CASES["good"]:
        assert canonical_bytes(case["value"]).hex() == case["bytes"], case["name"]


def test_what_has_no_canonical_form_is_refused_with_its_path() -> None:
    for case in _CASES["bad"]:
        assert _path(case["value"]) == case["path"], case["name"]
    assert _path({1: "a key that is not text"}) == "$"
    assert _path([b"bytes"]) == "[0]"
    assert _path({"a": "half of a pair: " + chr(0xD800)}) == "a"
    assert _path({chr(0xDFFF): 1}) == "$"
    assert _path({"a": {"b": object()}}) == "a.b"


def test_the_order_in_which_keys_were_set_does_not_matter() -> None:
    one, other = {}, {}
    for key in ("a", "b", "c", "d"):
        one[key] = 1
    for key in ("c", "a", "d", "b"):
        other[key] = 1
    assert canonical_bytes(one) == canonical_bytes(other) == b'{"a":1,"b":1,"c":1,"d":1}'


def test_a_tuple_is_a_list() -> None:
    assert canonical_bytes({"r": ((0, 1), (3, 3))}) == b'{"r":[[0,1],[3,3]]}'


def test_reading_and_writing_again_changes_nothing() -> None:
    for case in _CASES["good"]:
        once = canonical_bytes(case["value"])
        assert canonical_bytes(json.loads(str(once, "utf-8"))) == once, case["name"]


def test_nesting_has_a_limit() -> None:
    value: "list[object]" = []
    for _ in range(MAX_DEPTH):
        value = [value]
    assert _path(value) is None
    assert _path([value]) == "[0]" * (MAX_DEPTH + 1)
