"""Every row of the tables is explained in meanings.py, and nothing is explained that is not a row."""

from contract import messages, profiles
from contract.settings import NUMBERS, SENSOR_CHOICES, SENSOR_NUMBERS
from contract.shipped_profiles import PROFILES
from contract.site import gateway_settings, meanings, source_kinds
from contract.site.node_messages import FIELDS
from contract.site.qualities import QUALITIES


def test_every_quality_is_explained() -> None:
    assert list(meanings.QUALITIES) == [row[1] for row in QUALITIES]


def test_every_field_of_every_message_is_explained() -> None:
    assert {kind: [row[0].rstrip("?") for row in rows] for kind, rows in {**FIELDS, **messages.DOWN_FIELDS}.items()} == {
        kind: list(fields) for kind, fields in meanings.FIELDS.items()
    }


def test_every_setting_is_explained() -> None:
    assert list(meanings.SETTINGS) == [*(row[0] for row in NUMBERS), "sensors", "profiles"]
    assert set(meanings.SENSOR_SETTINGS) == {row[0] for row in SENSOR_NUMBERS} | {row[0] for row in SENSOR_CHOICES}


def test_every_setting_of_a_gateway_is_explained() -> None:
    assert list(meanings.GATEWAY_SETTINGS) == [row[0] for row in gateway_settings.NUMBERS]


def test_every_profile_names_its_source() -> None:
    assert set(meanings.PROFILE_SOURCES) == set(PROFILES)


def test_every_key_of_a_profile_is_explained() -> None:
    numbers = [row[0] for row in profiles.PROFILE_NUMBERS]
    assert set(meanings.PROFILE_KEYS) == {"line", "source", "fields", *numbers}
    named = {"type", "order", "quantity", "none", *profiles.FIELD_BOUNDS, *(row[0] for row in profiles.FIELD_NUMBERS)}
    assert set(meanings.PROFILE_FIELD_KEYS) == named
    assert profiles.unknown_keys({**meanings.PROFILE_KEYS, "fields": [meanings.PROFILE_FIELD_KEYS]}) == []


def test_every_key_of_a_source_is_explained() -> None:
    for kind, numbers in source_kinds.NUMBERS.items():
        named = {row[0] for row in numbers} | {row[0] for row in source_kinds.CHOICES[kind]}
        named |= {source_kinds.LISTS[kind][0]} if kind in source_kinds.LISTS else set()
        named |= {"serial"} if kind in source_kinds.WITH_SERIAL else set()
        named |= {"profiles"} if kind == source_kinds.MODBUS else set()
        assert set(meanings.SOURCE_KIND_KEYS[kind]) == named
    assert {kind: set(keys) for kind, keys in source_kinds.ENTRY_KEYS.items()} == {
        kind: set(keys) for kind, keys in meanings.SOURCE_ENTRY_KEYS.items()
    }
