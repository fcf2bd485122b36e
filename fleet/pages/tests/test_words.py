from typing import get_args

from contract.site import alarm_events, device_api
from contract.site.qualities import KEYS
from fleet.devices.nodes import SettingsState
from fleet.pages import words
from fleet.pages.node_rows import USABLE


def test_every_state_that_can_be_has_a_name() -> None:
    assert set(words.SETTINGS_STATES) == set(get_args(SettingsState))
    assert set(words.TRIAL_STATES) == set(get_args(device_api.TrialState))
    assert set(words.PHASES) == set(alarm_events.PHASES)
    assert set(words.STATE_NAMES) == set(words.STATE_MARKS) == set(words.STATES) == set(words.TILES)


def test_a_fault_is_a_quality_without_a_usable_value() -> None:
    assert set(KEYS.values()) - USABLE >= words.FAULTS
