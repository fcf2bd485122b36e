"""Every row of the tables is explained in meanings.py, and nothing is explained that is not a row."""

from contract import meanings
from contract.messages import FIELDS
from contract.profiles import PROFILES
from contract.quality import QUALITIES
from contract.settings import NUMBERS, SENSOR_CHOICES, SENSOR_NUMBERS


def test_every_quality_is_explained() -> None:
    assert list(meanings.QUALITIES) == [row[1] for row in QUALITIES]


def test_every_field_of_every_message_is_explained() -> None:
    assert {kind: [row[0].rstrip("?") for row in rows] for kind, rows in FIELDS.items()} == {
        kind: list(fields) for kind, fields in meanings.FIELDS.items()
    }


def test_every_setting_is_explained() -> None:
    assert list(meanings.SETTINGS) == [*(row[0] for row in NUMBERS), "sensors"]
    assert set(meanings.SENSOR_SETTINGS) == {row[0] for row in SENSOR_NUMBERS} | {row[0] for row in SENSOR_CHOICES}


def test_every_profile_names_its_source() -> None:
    assert set(meanings.PROFILE_SOURCES) == set(PROFILES)
