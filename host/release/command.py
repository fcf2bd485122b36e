"""What the installer of a bundle does: `install PART …` for people, `judge PART` for the unit of a trial."""

import os
import time
from pathlib import Path

from host.errors import ReleaseError
from host.release import environment, journal, switch, trial
from host.release.bundle import read_bundle
from host.release.places import PARTS, USERS, Places
from host.release.signs import is_to_run, read_signs
from host.release.terminal import complain, say
from host.release.trial import Trial

EXIT_FAULT, EXIT_BUSY, EXIT_RETURNED, EXIT_STAYS = 1, 3, 4, 5
_JUDGE = "judge"
_LOOK_S = 2.0
# A round that finds people at work comes again by itself; another round ends soon.
_TRIES, _TRIES_OF_A_ROUND = 120, 20


def main(arguments: list[str], folder: Path, places: Places | None = None) -> int:
    """`folder`: of the installer. The exit code."""
    os.umask(0o022)
    places = places or Places()
    part, *words = arguments[1:] if arguments[0] == _JUDGE else arguments
    return _judge(part, places) if arguments[0] == _JUDGE else _install(part, words, folder.parent, places)


def _judge(part: str, places: Places) -> int:
    with journal.lock(places.lock_of(part), _TRIES_OF_A_ROUND) as mine:
        if not mine:
            return 0
        try:
            judge_once(part, places)
        except switch.FAULTS as error:
            complain(f"\n{error}\n\n{_what_holds(part, places)}")
            return EXIT_FAULT
    return 0


def _install(part: str, words: list[str], bundle: Path, places: Places) -> int:
    with journal.lock(places.lock, _TRIES) as releases, journal.lock(places.lock_of(part), _TRIES if releases else 1) as mine:
        if not releases or not mine:
            complain("Another installation is at work on this machine. Please wait until it ends, and run this again.")
            return EXIT_BUSY
        try:
            on_trial = install(part, words, bundle, places)
        except switch.FAULTS as error:
            complain(f"\n{error}\n\n{_what_holds(part, places)}")
            return EXIT_FAULT
    return wait_for_verdict(part, on_trial, places) if on_trial else 0


def install(part: str, words: list[str], bundle_folder: Path, places: Places) -> str | None:
    """The release that is on trial now; None: there was nothing to put on trial. Raises ReleaseError, OSError, SubprocessError."""
    _settle(part, places)
    bundle = read_bundle(bundle_folder)
    say(f"[4/5] the programs, in {places.release(bundle.release)}")
    if not environment.make_release(bundle, places):
        say("      they are there already")
    previous = environment.in_use(part, places)
    if previous is None or previous == bundle.release or not _runs(part, places):
        _install_at_once(part, words, bundle.release, previous, places)
        return None
    found = switch.foreseen(part, bundle.release, previous, words, places)
    say(f"[5/5] {part} from {previous} to {bundle.release}, on trial")
    try:
        switch.put_on_trial(found, words, places, say)
    finally:
        environment.remove_unused(places)
    return bundle.release


def judge_once(part: str, places: Places) -> None:
    """One round. Does nothing where nothing is on trial."""
    found = journal.load(part, places)
    if found is None:
        return
    _round(found, places)
    with journal.lock(places.lock) as mine:
        # An installer is making a release, and removes what is not needed when it is done.
        if mine and journal.load(part, places) is None:
            environment.remove_unused(places)


def _round(found: Trial, places: Places) -> None:
    if found.phase in _DECIDED:
        _DECIDED[found.phase](found, found.why, places)
        return
    now = read_signs(found.part, (found.release,), places) if found.phase == trial.JUDGING else trial.Signs()
    verdict = trial.judge(found, now)
    if isinstance(verdict, trial.Wait):
        journal.save(verdict.trial, places)
        say(f"{found.release}: {verdict.lacking}; {verdict.trial.rounds_left} rounds are left")
    elif isinstance(verdict, trial.Keep):
        switch.keep(found, verdict.proof, places)
        say(f"{found.release} is kept: {verdict.proof}")
    else:
        say(f"{found.release}: {verdict.why}")
        switch.take_back(found, verdict.why, places)


# What an earlier round has decided, and may not have done whole.
_DECIDED = {trial.KEEPING: switch.keep, trial.STAYING: switch.stay, trial.RETURNING: switch.take_back}


def wait_for_verdict(part: str, release: str, places: Places) -> int:
    """Until the trial is over; it goes on when this is interrupted."""
    say("      It is kept when a report and a receipt come under it, else the old version returns by itself; this may take 15 minutes.")
    say("      This may be interrupted: the trial goes on.")
    while places.trial(part).exists():
        time.sleep(_LOOK_S)
    with journal.lock(places.lock_of(part), _TRIES):
        outcome = journal.outcome_of(part, release, places)
    if outcome is None:
        complain(f"\nThe trial is over, and its outcome could not be written. In use: {environment.in_use(part, places)}.")
        return EXIT_FAULT
    if outcome.kept and outcome.proved:
        say(f"\n{release} is kept: {outcome.why}.")
        return 0
    if outcome.kept:
        complain(f"\n{release} did not prove itself, and is in use all the same: {outcome.why}.")
        return EXIT_STAYS
    complain(f"\n{release} did not prove itself, and the version before it runs again: {outcome.why}.")
    return EXIT_RETURNED


def _what_holds(part: str, places: Places) -> str:
    if places.trial(part).exists():
        return "What was begun is taken back by itself within a minute. Then please mend this, and run the same again."
    return "Nothing is half done: what ran before runs on. Please mend this, and run the same again."


def _settle(part: str, places: Places) -> None:
    """A trial that runs goes on; what a killed installer left behind is taken back first."""
    found = journal.load(part, places)
    if found is None:
        return
    if found.phase not in (trial.PREPARED, trial.SWITCHED, trial.RETURNING):
        raise ReleaseError(found.release, "is on trial at this moment. Please wait for its verdict, at most 15 minutes")
    switch.take_back(found, found.why or "its installation was interrupted", places)
    if journal.load(part, places) is not None:
        raise ReleaseError(found.release, "cannot be taken back yet: PostgreSQL does not answer. Please mend that first")


def _runs(part: str, places: Places) -> bool:
    """A service that is to run: only such a one can be on trial."""
    return part in USERS and places.has_systemd and switch.is_installed(part, places) and is_to_run(part)


def _install_at_once(part: str, words: list[str], release: str, previous: str | None, places: Places) -> None:
    say("[5/5] links, units and configuration")
    if previous is None:
        environment.put_into_use(part, release, places)  # the program's own `install` runs it by this link
    if part in USERS:
        say(switch.run_install(part, release, words, places).rstrip())
    else:
        say(f"airgrid-node is ready: {places.links / PARTS[part]}")
    environment.put_into_use(part, release, places)
    if part in USERS and not places.has_systemd:
        say("\nNo systemd runs here, so nothing was started and nothing is on trial.")
    elif part in USERS and previous not in (None, release):
        say(f"\n{PARTS[part]} did not run, so this version is not on trial.")
    environment.remove_unused(places)
