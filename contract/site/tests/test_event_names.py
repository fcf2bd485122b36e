"""Every event that a node or a gateway reports, every severity and every end of an alarm has a name in both languages."""

import re
from pathlib import Path

import pytest

from contract.site import alarm_events, event_names, rules
from contract.site.display_names import LANGUAGES

_CHECKOUT = Path(__file__).parents[3]
_REPORTED = re.compile(r'\.event\(\s*"(\w+)"|events\.append\(\("(\w+)"|"k": "(\w+)"|(?:EVENT_KEY|SET_ASIDE_EVENT|SUMMARY_EVENT) = "(\w+)"')
_FOLDERS = ("gateway", "firmware/node", "air/statistics")
_TABLES = {name: getattr(event_names, name) for name in ("EVENTS", "SEVERITIES", "ENDS")}


def test_every_event_that_is_reported_has_a_name() -> None:
    sources = [path for folder in _FOLDERS for path in (_CHECKOUT / folder).rglob("*.py") if "tests" not in path.parts]
    reported = {key for path in sources for found in _REPORTED.findall(path.read_text(encoding="utf-8")) for key in found if key}
    assert reported | {alarm_events.KEY} == set(event_names.EVENTS)
    assert set(event_names.PARTICULARS) <= reported


def test_every_severity_and_every_end_of_an_alarm_has_a_name() -> None:
    assert set(event_names.SEVERITIES) == set(rules.SEVERITIES)
    assert set(event_names.ENDS) == {*alarm_events.CLEARED_BY, event_names.SUPERSEDED, event_names.RETIRED}


@pytest.mark.parametrize("table", _TABLES)
def test_every_name_stands_in_every_language(table: str) -> None:
    assert all(len(names) == len(LANGUAGES) and all(names) for names in _TABLES[table].values())
