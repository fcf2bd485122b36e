"""When a document on trial stays, and what is said of one that does not."""

import pytest

from gateway.desired.lifecycle import KEPT, RETURNED
from gateway.desired.trial import Trial, Wanted


def _trial(**wanted: Wanted) -> Trial:
    return Trial(7, dict(wanted), began_s=100.0, limit_s=600.0, applied=True)


def test_it_is_kept_when_every_source_and_the_fleet_have_answered() -> None:
    trial = _trial(a=Wanted(0, usable=True), b=Wanted(0, usable=False))
    trial.reported("a", 0, usable=True)
    trial.receipt()
    assert trial.verdict(101.0) is None, "b is missing"
    trial.reported("b", 0, usable=False)
    assert trial.verdict(102.0) == KEPT


@pytest.mark.parametrize(("now_s", "verdict"), [(699.9, None), (700.0, RETURNED)])
def test_it_returns_at_its_limit_and_not_before(now_s: float, verdict: str | None) -> None:
    trial = _trial(a=Wanted(0, usable=True))
    trial.receipt()
    assert trial.verdict(now_s) == verdict


def test_without_the_fleet_it_returns_however_well_the_sources_are() -> None:
    trial = _trial()
    assert trial.verdict(700.0) == RETURNED
    assert trial.faults() == ["fleet: no answer within 600 s"]


def test_a_source_that_had_values_must_have_values() -> None:
    trial = _trial(a=Wanted(0, usable=True))
    trial.receipt()
    trial.reported("a", 0, usable=False)
    assert trial.verdict(700.0) == RETURNED
    assert trial.faults() == ["a: no report with a usable value within 600 s"]


def test_newer_settings_are_proved_by_a_report_under_them_only() -> None:
    trial = _trial(a=Wanted(5, usable=False))
    trial.receipt()
    trial.reported("a", 4, usable=True)
    assert trial.verdict(101.0) is None
    assert trial.faults() == ["a: no report under settings version 5 within 600 s"]
    trial.reported("a", 5, usable=True)
    assert trial.verdict(101.0) == KEPT


def test_a_node_that_refuses_its_settings_and_still_delivers_is_no_reason_to_return() -> None:
    trial = _trial(a=Wanted(5, usable=True))
    trial.receipt()
    trial.refuses("a", 4)
    trial.reported("a", 4, usable=True)
    assert trial.verdict(101.0) is None, "it refused others"
    trial.refuses("a", 5)
    assert trial.verdict(101.0) is None, "it has yet to deliver"
    trial.reported("a", 4, usable=True)
    assert trial.verdict(101.0) == KEPT


def test_what_was_applied_by_halves_is_never_kept() -> None:
    trial = Trial(7, {}, 100.0, 600.0)
    trial.receipt()
    assert (trial.verdict(101.0), trial.verdict(700.0)) == (None, RETURNED)
    assert trial.faults() == ["gateway: a part of it could not take its part"]
