# Bodies that are of their type, and bodies that are not, each with the path of its first fault.
#
# A case of the vectors is the base of its type "with" some fields and "without" others.

import sys

from contract import messages
from contract.errors import MessageError
from contract.faults import path_text
from contract.messages import ITEM_TYPES, MAX_ITEMS, MAX_MESSAGE_BYTES, write
from contract.site import node_messages
from contract.tests.golden import load, noise
from contract.values import MAX_DEPTH

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know this name
if TYPE_CHECKING:
    from typing import Any

_CASES = load("messages")
_TYPES = messages.UP_TYPES + messages.DOWN_TYPES


def read(kind: str, body: bytes) -> "dict[str, Any]":
    """By the receiver of the type: a node, or a gateway."""
    return (messages if kind in messages.DOWN_TYPES else node_messages).read(kind, body)


def _body(case: "dict[str, Any]") -> "dict[str, Any]":
    fields = dict(_CASES["base"][case["type"]])
    fields.update(case.get("with", {}))
    for key in case.get("without", []):
        del fields[key]
    return {"b": _CASES["boot"], "i": [fields]} if case["type"] in ITEM_TYPES else fields


def _path(kind: str, body: bytes) -> "str | None":
    try:
        read(kind, body)
    except MessageError as error:
        return path_text(error.fault.path)
    return None


def test_every_type_has_a_good_message() -> None:
    assert sorted(_CASES["base"]) == sorted(_TYPES)
    assert sorted(messages.UP_TYPES) == sorted(node_messages.FIELDS) and sorted(messages.DOWN_TYPES) == sorted(messages.DOWN_FIELDS)
    for kind in _TYPES:
        body = _body({"type": kind})
        assert read(kind, write(body)) == body, kind


def test_good_messages_are_read_as_they_were_written() -> None:
    for case in _CASES["good"]:
        body = _body(case)
        assert read(case["type"], write(body)) == body, case["name"]


def test_bad_messages_are_refused_with_the_path_of_the_fault() -> None:
    for case in _CASES["bad"]:
        prefix = "i[0]." if case["type"] in ITEM_TYPES else ""
        assert _path(case["type"], write(_body(case))) == prefix + case["path"], case["name"]


def test_a_fault_in_the_last_of_many_items_is_found_there() -> None:
    for case in _CASES["bad"]:
        if case["type"] in ITEM_TYPES:
            good, bad = _body({"type": case["type"]}), _body(case)
            body = {"b": _CASES["boot"], "i": good["i"] * 2 + bad["i"]}
            assert _path(case["type"], write(body)) == "i[2]." + case["path"], case["name"]


def test_bodies_that_are_not_even_of_the_form_are_refused() -> None:
    for case in _CASES["bad_texts"]:
        assert _path(case["type"], case["text"].encode()) == case["path"], case["name"]


def test_bodies_that_the_readers_of_the_runtimes_take_differently_are_refused_where_items_are_committed() -> None:
    # json.loads of MicroPython takes an object that does not end, and has no NaN. A node reads only what its gateway has sealed.
    if sys.implementation.name == "cpython":
        for case in _CASES["bad_texts_on_cpython"]:
            assert _path(case["type"], case["text"].encode()) == case["path"], case["name"]


def test_only_utf_8_is_read() -> None:
    for body in (b"\xff", b'{"b":"\xff"}', b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}"):
        assert _path("gone", body) == "$", body


def test_noise_is_refused() -> None:
    for length in range(60):
        assert _path("log", noise(length, length)) == "$", length


def test_a_message_as_long_as_may_be_is_read_and_a_longer_one_is_not() -> None:
    body = write({"b": _CASES["boot"]})
    assert _path("gone", body + b" " * (MAX_MESSAGE_BYTES - len(body))) is None
    assert _path("gone", body + b" " * (MAX_MESSAGE_BYTES + 1 - len(body))) == "$"


def test_deep_nesting_is_refused_and_stops_nothing() -> None:
    for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
        depth = (MAX_MESSAGE_BYTES - 100) // (len(opening) + len(closing))
        body = b'{"b":"0000000100c0ffee","x":' + opening * depth + b"1" + closing * depth + b"}"
        assert str(_path("gone", body)) in ("$", "x" + "[0]" * MAX_DEPTH, "x" + ".a" * MAX_DEPTH)


def test_a_message_holds_the_most_items() -> None:
    body = _body({"type": "event"})
    body["i"] = body["i"] * MAX_ITEMS
    assert len(read("event", write(body))["i"]) == MAX_ITEMS


def test_an_error_path_is_short_however_long_the_keys() -> None:
    body = {"b": _CASES["boot"], "x" * 2000: 0.5}
    assert _path("gone", write(body)) == "$"
