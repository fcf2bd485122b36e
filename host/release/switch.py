"""Changes the version of a service that runs: the new one on trial, and the old one back. Every step may be cut and done again."""

import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from host.errors import ReleaseError
from host.release import environment, journal, state_copy, trial, units
from host.release.journal import Outcome
from host.release.places import PARTS, Places
from host.release.signs import ask, read_signs, run_as_service
from host.release.state_copy import DATABASE_COPIED
from host.release.trial import COPIED, ELSEWHERE, NOTHING, SAME, Signs, Trial

Say = Callable[[str], None]
_SHOWN_LINES = 8
# What has to be told that it is a copy which takes its place again.
_PREPARED = ("gateway",)
# What can fail in a step; the edge makes one error of it.
FAULTS = (ReleaseError, OSError, subprocess.SubprocessError)


def is_installed(part: str, places: Places) -> bool:
    return (places.units / f"{PARTS[part]}.service").exists()


def foreseen(part: str, release: str, previous: str, words: list[str], places: Places) -> Trial:
    """The trial of that change. Raises ReleaseError where it could not be undone, or the new version cannot even say how it is."""
    new = ask(part, release, places).database
    try:
        old = ask(part, previous, places).database
    except ReleaseError:
        old = None  # this update may be what mends it: its database is taken for one of another form
    file = (old or new).file
    copy = SAME
    if old is None or old.form != new.form:
        copy = ELSEWHERE if file is None else COPIED if Path(file).exists() else NOTHING
    if copy == ELSEWHERE and DATABASE_COPIED not in words:
        raise ReleaseError(
            part,
            "this version changes its tables in PostgreSQL, which no return can undo: once it has, it stays, also when it does not work. "
            f"Please make a copy (pg_dump), and run the same with {DATABASE_COPIED}",
        )
    return Trial(part, release, previous, trial.PREPARED, Signs(), file or "", copy)


def put_on_trial(found: Trial, words: list[str], places: Places, say: Say) -> None:
    """`words`: what `install` of the program is given. Raises ReleaseError; the old version is back by then."""
    part, release = found.part, found.release
    units.begin_judging(part, places.release(release) / "installer", places)
    journal.save(found, places)
    try:
        units.stop(part)
        # Now, so that nothing of what the old version still did counts for the new one.
        found = replace(found, before=read_signs(part, (found.previous, release), places))
        if found.copy in (COPIED, NOTHING):
            state_copy.copy_state(found)
        environment.put_into_use(part, release, places)
        say(f"      {part}: units and configuration")
        run_install(part, release, words, places)
        journal.save(replace(found, phase=trial.JUDGING), places)
    except FAULTS as error:
        take_back(found, str(error), places)
        raise ReleaseError(release, str(error)) from error
    units.start(part)


def keep(found: Trial, proof: str, places: Places) -> None:
    found = replace(found, phase=trial.KEEPING, why=proof)
    journal.save(found, places)
    # From here on a gateway acknowledges.
    state_copy.forget_copy(found)
    _end(found, Outcome(found.release, found.previous, True, True, proof), places)


def stay(found: Trial, why: str, places: Places) -> None:
    """The new version, although it has not proved itself."""
    found = replace(found, phase=trial.STAYING, why=why)
    journal.save(found, places)
    if found.part not in trial.ACKNOWLEDGES_ON_TRIAL:
        state_copy.forget_copy(found)  # of a gateway, which acknowledges nothing as long as it is there
    units.start(found.part)
    _end(found, Outcome(found.release, found.previous, True, False, why), places)


def take_back(found: Trial, why: str, places: Places) -> None:
    if found.phase == trial.PREPARED:
        found = replace(found, copy=SAME)  # the new version has not run: the copy, whole or not, is not needed
    found = replace(found, phase=trial.RETURNING, why=why)
    # A full disk must not keep the old version away: without this the same is decided again.
    with suppress(OSError):
        journal.save(found, places)
    units.stop(found.part)
    try:
        said = _give_back(found, places)
    except ReleaseError as error:
        stay(found, f"{why}; it stays, since the version before it cannot return: {error}", places)
        return
    environment.put_into_use(found.part, found.previous, places)
    try:
        run_install(found.part, found.previous, [], places)
    except FAULTS as error:
        said += f"; units may be those of the new version: {error}"
    units.start(found.part)
    _end(found, Outcome(found.release, found.previous, False, False, why + said), places)


def run_install(part: str, release: str, words: list[str], places: Places) -> str:
    """What the `install` of a program says. Raises ReleaseError."""
    command = [str(places.program(part, release)), "install", *(word for word in words if word != DATABASE_COPIED)]
    finished = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if finished.returncode:
        said = (finished.stderr.strip() or finished.stdout.strip()).splitlines()[-_SHOWN_LINES:]
        raise ReleaseError(f"{PARTS[part]} install", "\n".join(said))
    return finished.stdout


def _give_back(found: Trial, places: Places) -> str:
    """The database, so that the old version can read it; what is to be said of it. Raises ReleaseError: it cannot be given back."""
    if found.copy == SAME or _reads_what_is_there(found, places):
        state_copy.forget_copy(found)
        return ""
    if found.copy == ELSEWHERE:
        raise ReleaseError(
            "PostgreSQL",
            "the tables are in the form of the new version, or do not answer. To go back: stop the service, put your copy in their place "
            "(pg_restore --clean), and install the older bundle",
        )
    if trial.has_acknowledged_for_good(found, read_signs(found.part, (found.release, found.previous), places)):
        kept = f"; the database from before is in {state_copy.place_of_copy(found)}" if found.copy == COPIED else ""
        raise ReleaseError("deliveries", "gateways have let go of what they delivered meanwhile, which the older form does not have" + kept)
    said: list[str] = []
    aside = state_copy.restore_state(found, lambda copy: said.extend(_prepare(found, copy, places)))
    return "; ".join([f"; what the new version had stored is kept in {aside}", *said])


def _reads_what_is_there(found: Trial, places: Places) -> bool:
    """The old version: the new one ended before it changed anything, or an earlier attempt has restored it."""
    try:
        return ask(found.part, found.previous, places).database.is_readable
    except FAULTS:
        return False


def _prepare(found: Trial, copy: Path, places: Places) -> list[str]:
    """A copy of a gateway, by the old version itself: the fleet may have had more of it than the copy knows. Answers what went wrong."""
    if found.part not in _PREPARED:
        return []
    try:
        done = run_as_service(found.part, [str(places.program(found.part, found.previous)), "prepare-restored", str(copy)])
    except (OSError, subprocess.SubprocessError) as error:
        return [f"its copy could not be prepared: {error}"]
    return [] if done.returncode == 0 else [f"its copy could not be prepared: {done.stderr.strip()[-200:]}"]


def _end(found: Trial, outcome: Outcome, places: Places) -> None:
    journal.close(found, outcome, places)
    environment.remove_unused(places)
    units.end_judging(found.part, places)
