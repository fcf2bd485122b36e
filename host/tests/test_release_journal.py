"""What outlives a killed installer: one program at a time, a trial that is read as it was written, an outcome before it is forgotten."""

import threading
from pathlib import Path

from host.release import journal
from host.release.places import Places
from host.release.trial import JUDGING, Before, Trial

TRIAL = Trial("2", "1", JUDGING, {"gateway": Before(1, {"node n-1": 5}, 3)}, copied=("gateway",))


def test_one_program_at_a_time_changes_versions(tmp_path: Path) -> None:
    places = Places(tmp_path)
    with journal.lock(places) as first, journal.lock(places) as second:
        assert first and not second
    with journal.lock(places) as again:
        assert again


def test_who_is_patient_gets_the_lock_when_the_other_ends(tmp_path: Path) -> None:
    places, got = Places(tmp_path), []

    def wait() -> None:
        with journal.lock(places, tries=60) as mine:
            got.append(mine)

    waiting = threading.Thread(target=wait)
    with journal.lock(places):
        waiting.start()
    waiting.join(30)
    assert got == [True]


def test_a_trial_and_its_outcome_are_kept_on_the_disk(tmp_path: Path) -> None:
    places = Places(tmp_path)
    places.home.mkdir(parents=True)
    assert journal.load(places) is None and journal.outcome_of("2", places) is None
    journal.save(TRIAL, places)
    assert journal.load(places) == TRIAL
    journal.close(TRIAL, False, "no receipt", places)
    assert journal.load(places) is None
    assert journal.outcome_of("2", places) == (False, "no receipt") and journal.outcome_of("3", places) is None
