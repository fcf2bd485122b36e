"""What the installer of a bundle does: `install PART …` for people, `judge` for the unit of a trial."""

import os
import time
from pathlib import Path

from host.errors import ReleaseError
from host.release import environment, journal, switch, trial
from host.release.bundle import read_bundle
from host.release.places import PARTS, SERVICES, Places
from host.release.signs import read_signs
from host.release.terminal import complain, say

EXIT_FAULT, EXIT_BUSY, EXIT_RETURNED = 1, 3, 4
_LOOK_S = 2.0
_TRIES = 120


def main(arguments: list[str], folder: Path, places: Places | None = None) -> int:
    """`folder`: of the installer. The exit code."""
    os.umask(0o022)
    places = places or Places()
    is_judge = arguments == ["judge"]
    # A round of judging takes seconds, and people wait for it; a round that finds people at work comes again by itself.
    with journal.lock(places, 1 if is_judge else _TRIES) as mine:
        if is_judge:
            return judge_once(places) if mine else 0
        if not mine:
            complain("Another installation is at work on this machine. Please wait until it ends, and run this again.")
            return EXIT_BUSY
        try:
            on_trial = install(arguments[0], arguments[1:], folder.parent, places)
        except ReleaseError as error:
            complain(f"\n{error}\n\nNothing is half done: what ran before runs on. Please mend this, and run the same again.")
            return EXIT_FAULT
    return wait_for_verdict(on_trial, places) if on_trial else 0


def install(part: str, words: list[str], bundle_folder: Path, places: Places) -> str | None:
    """The release that is on trial now; None: there was nothing to put on trial. Raises ReleaseError."""
    _settle(places)
    bundle = read_bundle(bundle_folder)
    say(f"[4/5] the programs, in {places.release(bundle.release)}")
    if not environment.make_release(bundle, places):
        say("      they are there already")
    previous = environment.in_use(places)
    if previous in (None, bundle.release) or not (places.has_systemd and switch.installed_services(places)):
        _install_at_once(part, words, bundle.release, places)
        return None
    services = {service: list[str]() for service in switch.installed_services(places)}
    if part in SERVICES:
        services[part] = words
    else:
        journal.note_tool(places)
    say(f"[5/5] from {previous} to {bundle.release}, on trial")
    assert previous is not None
    switch.put_on_trial(bundle.release, previous, services, places, say)
    return bundle.release


def judge_once(places: Places) -> int:
    """One round. Does nothing where nothing is on trial."""
    found = journal.load(places)
    if found is None:
        return 0
    now = {part: read_signs(part, places) for part in found.before} if found.phase == trial.JUDGING else {}
    verdict = trial.judge(found, now)
    if isinstance(verdict, trial.Wait):
        journal.save(verdict.trial, places)
        say(f"{found.release}: {verdict.lacking}; {verdict.trial.rounds_left} rounds are left")
    elif isinstance(verdict, trial.Keep):
        switch.keep(found, verdict.proof, places)
        say(f"{found.release} is kept: {verdict.proof}")
    else:
        switch.take_back(found, verdict.why, places)
        say(f"{found.previous} has returned: {verdict.why}")
    return 0


def wait_for_verdict(release: str, places: Places) -> int:
    """Until the trial is over; whoever stops waiting stops nothing."""
    say("      It is kept when a report and a receipt come under it, else the old version returns by itself; this may take 15 minutes.")
    say("      This may be interrupted: the trial goes on.")
    while (outcome := journal.outcome_of(release, places)) is None or places.trial.exists():
        time.sleep(_LOOK_S)
    with journal.lock(places, _TRIES):
        pass  # the round that judged it has put everything away
    kept, why = outcome
    if kept:
        say(f"\n{release} is kept: {why}.")
        return 0
    complain(f"\n{release} did not prove itself, and the version before it runs again: {why}.")
    return EXIT_RETURNED


def _settle(places: Places) -> None:
    """A trial that runs goes on; what a killed installer left behind is taken back first."""
    found = journal.load(places)
    if found is None:
        return
    if found.phase == trial.JUDGING and places.has_systemd:
        raise ReleaseError(found.release, "is on trial at this moment. Please wait for its verdict, at most 15 minutes")
    switch.take_back(found, found.why or "its installation was interrupted", places)


def _install_at_once(part: str, words: list[str], release: str, places: Places) -> None:
    say("[5/5] links, units and configuration")
    previous = environment.in_use(places)
    environment.put_into_use(release, places)
    if part in SERVICES:
        say(switch.run_install(part, release, words, places).rstrip())
    else:
        journal.note_tool(places)
        say(f"airgrid-node is ready: {places.links / PARTS[part]}")
    if not places.has_systemd:
        say("\nNo systemd runs here, so nothing was started and nothing is on trial.")
    environment.remove_others({release, previous or release}, places)
