"""What outlives a killed installer: one program at a time, a trial that is read as it was written, an outcome before it is forgotten."""

import threading
from dataclasses import replace
from pathlib import Path

from host.release import journal
from host.release.journal import Outcome
from host.release.places import Places
from host.release.trial import JUDGING, Signs, Trial

TRIAL = Trial("gateway", "2", "1", JUDGING, Signs(1, 0, {"node n-1": 5}, 3), "/x/buffer.sqlite")
RETURNED = Outcome("2", "1", kept=False, proved=False, why="no receipt")


def test_one_program_at_a_time_changes_versions(tmp_path: Path) -> None:
    places = Places(tmp_path)
    with journal.lock(places.lock) as first, journal.lock(places.lock) as second:
        assert first and not second
    with journal.lock(places.lock) as again:
        assert again


def test_a_round_of_one_part_is_not_held_up_by_the_other_part_or_by_an_installer_of_it(tmp_path: Path) -> None:
    places = Places(tmp_path)
    with journal.lock(places.lock), journal.lock(places.lock_of("fleet")), journal.lock(places.lock_of("gateway")) as mine:
        assert mine


def test_who_is_patient_gets_the_lock_when_the_other_ends(tmp_path: Path) -> None:
    places, got = Places(tmp_path), []

    def wait() -> None:
        with journal.lock(places.lock, tries=60) as mine:
            got.append(mine)

    waiting = threading.Thread(target=wait)
    with journal.lock(places.lock):
        waiting.start()
    waiting.join(30)
    assert got == [True]


def test_a_trial_and_its_outcome_are_kept_on_the_disk_for_each_part(tmp_path: Path) -> None:
    places = Places(tmp_path)
    places.home.mkdir(parents=True)
    assert journal.running(places) == [] and journal.outcome_of("gateway", "2", places) is None
    other = replace(TRIAL, part="fleet")
    journal.save(TRIAL, places)
    journal.save(other, places)
    assert journal.running(places) == [TRIAL, other]
    journal.close(TRIAL, RETURNED, places)
    assert journal.running(places) == [other]
    assert journal.outcome_of("gateway", "2", places) == RETURNED and journal.outcome_of("gateway", "3", places) is None
    assert journal.outcome_of("fleet", "2", places) is None


def test_an_outcome_that_cannot_be_written_does_not_keep_a_trial_alive(tmp_path: Path) -> None:
    places = Places(tmp_path)
    places.home.mkdir(parents=True)
    journal.save(TRIAL, places)
    # As where the disk is full: what would be written beside it cannot be made.
    places.outcome("gateway").with_name("gateway-outcome.json.new").mkdir()
    journal.close(TRIAL, RETURNED, places)
    assert journal.running(places) == [] and journal.outcome_of("gateway", "2", places) is None
