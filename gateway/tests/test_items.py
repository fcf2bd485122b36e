"""The fast reading of items says what the contract says, on the contract's own vectors and on whatever hypothesis finds."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import contract
from contract import messages
from contract.errors import MessageError
from contract.messages import ITEM_TYPES, MAX_ITEMS
from contract.site import node_messages
from gateway.items import BadItem, read_envelope, read_item

_CASES = json.loads((Path(contract.__file__).parent / "tests" / "vectors" / "messages.json").read_text())
_BOOT = _CASES["boot"]
_ITEM_CASES = [case for case in _CASES["good"] + _CASES["bad"] if case["type"] in ITEM_TYPES]


def _fields(case: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = dict(_CASES["base"][case["type"]]) | case.get("with", {})
    return {key: value for key, value in fields.items() if key not in case.get("without", [])}


def _contract_takes(kind: str, body: bytes) -> bool:
    try:
        node_messages.read(kind, body)
    except MessageError:
        return False
    return True


def _gateway_takes(kind: str, body: bytes) -> bool:
    try:
        boot, raws = read_envelope(body)
    except MessageError:
        return False
    return not any(isinstance(read_item("n-1", boot, kind, raw, 0), BadItem) for raw in raws)


def _agree(kind: str, body: bytes) -> bool:
    taken = _contract_takes(kind, body)
    assert _gateway_takes(kind, body) == taken, body
    return taken


@pytest.mark.parametrize("case", _ITEM_CASES, ids=lambda case: f"{case['type']}: {case['name']}")
def test_gateway_and_contract_agree_on_every_vector(case: dict[str, Any]) -> None:
    body = messages.write({"b": _BOOT, "i": [_fields(case)]})
    assert _agree(case["type"], body) == (case in _CASES["good"])


@pytest.mark.parametrize("kind", ITEM_TYPES)
def test_every_base_item_is_taken(kind: str) -> None:
    assert _agree(kind, messages.write({"b": _BOOT, "i": [_CASES["base"][kind]]}))


_REPORT = _CASES["base"]["report"]
_NUMBERS = st.one_of(st.integers(), st.integers(-3, 20), st.floats())
_ODD = st.one_of(_NUMBERS, st.booleans(), st.none(), st.text(max_size=5), st.lists(st.integers(), max_size=3))
_ROW = st.lists(st.one_of(st.integers(-2, 70), _ODD), max_size=9)


@given(st.lists(_ROW, max_size=3), st.dictionaries(st.sampled_from([*_REPORT, "x"]), _ODD, max_size=2))
def test_gateway_and_contract_agree_on_reports_with_odd_values(rows: list[Any], odd: dict[str, Any]) -> None:
    _agree("report", messages.write({"b": _BOOT, "i": [_REPORT | {"ch": rows} | odd]}))


@pytest.mark.parametrize("missing", sorted(_REPORT))
def test_gateway_and_contract_agree_on_reports_that_lack_a_field(missing: str) -> None:
    report = {key: value for key, value in _REPORT.items() if key != missing}
    assert not _agree("report", messages.write({"b": _BOOT, "i": [report]}))


@given(
    st.tuples(st.integers(0, 15), st.sampled_from([1, 6, 40]), st.integers(0, 18), st.integers(0, 2)),
    st.lists(st.integers(-5, 5), min_size=0, max_size=3),
)
def test_gateway_and_contract_agree_on_rows_that_are_nearly_right(head: tuple[int, ...], values: list[int]) -> None:
    _agree("report", messages.write({"b": _BOOT, "i": [_REPORT | {"ch": [[*head, *values]]}]}))


@given(st.binary(max_size=200))
def test_garbage_is_refused_and_nothing_else_happens(garbage: bytes) -> None:
    assert not _gateway_takes("report", garbage)
    assert not _gateway_takes("report", b'{"b":"%s","i":[%s]}' % (_BOOT.encode(), garbage))


_ENVELOPES = {
    "not an object": b"[1]",
    "no boot": b'{"i":[{}]}',
    "an invalid boot id": b'{"b":"0000000100C0FFEE","i":[{}]}',
    "no items": b'{"b":"0000000100c0ffee","i":[]}',
    "too many items": b'{"b":"0000000100c0ffee","i":[' + b"{}," * MAX_ITEMS + b"{}]}",
    "nested without end": b'{"b":"0000000100c0ffee","i":[' + b"[" * 5000 + b"]" * 5000 + b"]}",
    "not UTF-8": b'{"b":"0000000100c0ffee","i":[{"q":"\xff"}]}',
}


@pytest.mark.parametrize("body", _ENVELOPES.values(), ids=_ENVELOPES.keys())
def test_a_bad_whole_is_refused_by_both(body: bytes) -> None:
    assert not _agree("report", body)


def test_an_item_keeps_the_very_bytes_of_its_node() -> None:
    raw = b'{ "q":7,"s" : 1,"d":10,"c":0,"ch":[ ],"new":{"a":[1, 2]}}'
    boot, raws = read_envelope(b'{"i":[' + raw + b'],"b":"0000000100c0ffee"}')
    item = read_item("n-1", boot, "report", raws[0], 5)
    assert not isinstance(item, BadItem)
    assert item[0].body == raw
    assert (item[0].seq, item[0].uptime_ms, item[0].duration_ms, item[0].utc_ms) == (7, 1, 10, None)


def test_a_bad_item_is_named_when_its_number_can_be_read() -> None:
    bad = read_item("n-1", _BOOT, "report", b'{"q":7}', 0)
    worse = read_item("n-1", _BOOT, "report", b'{"q":"x"}', 0)
    assert isinstance(bad, BadItem) and bad.seq == 7
    assert isinstance(worse, BadItem) and worse.seq is None
