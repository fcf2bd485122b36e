"""Messages, canonical bytes, settings and identities, for any JSON."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contract import identity, messages, settings
from contract.errors import MessageError
from contract.faults import MISSING, Fault
from contract.messages import ITEM_TYPES, write
from contract.site.canonical import canonical_bytes
from contract.site.errors import CanonicalError
from contract.tests.golden import load
from contract.tests.test_messages import read

type_ = st.sampled_from(messages.UP_TYPES + messages.DOWN_TYPES)
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters())  # halves of surrogate pairs included
_JSON = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(), max_size=8), inner, max_size=4)
)
_PLAIN_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | _PLAIN_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_PLAIN_TEXT, inner, max_size=4),
    max_leaves=8,
)
_MESSAGES = load("messages")


def _is_refused_or_can_be_passed_on(kind: str, body: bytes) -> None:
    try:
        fields = read(kind, body)
    except MessageError as error:
        assert len(str(error)) < 400
        str(error).encode()
    else:
        json.dumps(fields, allow_nan=False, ensure_ascii=False).encode()
        canonical_bytes(fields)
        assert read(kind, write(fields)) == fields


@given(type_, st.binary(max_size=300))
def test_any_bytes_are_a_message_or_a_message_error(kind: str, body: bytes) -> None:
    _is_refused_or_can_be_passed_on(kind, body)


@given(type_, _JSON)
def test_any_json_is_a_message_or_a_message_error(kind: str, value: object) -> None:
    _is_refused_or_can_be_passed_on(kind, json.dumps(value).encode())


@given(type_, st.data())
def test_a_good_message_with_one_field_of_anything_is_taken_or_refused(kind: str, data: st.DataObject) -> None:
    fields = dict(_MESSAGES["base"][kind])
    fields[data.draw(st.sampled_from([*fields, "zz"]))] = data.draw(_JSON)
    body = {"b": _MESSAGES["boot"], "i": [fields]} if kind in ITEM_TYPES else fields
    _is_refused_or_can_be_passed_on(kind, json.dumps(body).encode())


@given(_PLAIN)
def test_canonical_bytes_say_the_same_value(value: object) -> None:
    assert json.loads(canonical_bytes(value)) == value


@given(st.dictionaries(_PLAIN_TEXT, st.integers()))
def test_canonical_bytes_do_not_depend_on_the_order_of_keys(fields: dict[str, int]) -> None:
    assert canonical_bytes(dict(reversed(fields.items()))) == canonical_bytes(fields)


def _assert_found_at(document: object, fault: Fault) -> None:
    """The value of a fault is what stands at its path, or a key of it."""
    place: Any = document
    for step in fault.path:
        if fault.value is MISSING and (not isinstance(place, dict) or step not in place):
            return
        place = place[step]
    assert place is fault.value or (isinstance(place, dict) and fault.value in place)


@given(_JSON)
def test_anything_has_canonical_bytes_or_a_canonical_error(value: object) -> None:
    try:
        canonical_bytes(value).decode()
    except CanonicalError as error:
        _assert_found_at(value, error.fault)


@given(_JSON)
def test_settings_and_identities_of_anything_are_judged_without_a_crash(value: object) -> None:
    documents: list[object] = [value, {"sensors": value}, {"sensors": [value]}, {"period_ms": value}, {"profiles": value}]
    documents.extend({"profiles": {"mine": profile}} for profile in (value, {"fields": [value]}, {"line": value, "fields": value}))
    for document in documents:
        if settings.faults(document) == [] and isinstance(document, dict):
            assert settings.faults(settings.with_defaults(document)) == []
        for fault in settings.faults(document) + (settings.unknown_keys(document) if isinstance(document, dict) else []):
            _assert_found_at(document, fault)
    for document in (value, {"broker": value}, {"wifi": value}, {"settings": value}, {"node": value, "key": value}):
        found = identity.faults(document)
        assert found
        for fault in found:
            _assert_found_at(document, fault)
