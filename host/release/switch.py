"""Changes the version of a service that runs: the new one on trial, and the old one back. Every step may be cut and done again."""

import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from host.errors import ReleaseError
from host.release import environment, journal, state_copy, trial, units
from host.release.journal import Outcome
from host.release.places import PARTS, Places
from host.release.shown import Shown, is_changed
from host.release.signs import ask, read_signs, run_as_service
from host.release.state_copy import DATABASE_COPIED
from host.release.terminal import complain
from host.release.trial import COPIED, ELSEWHERE, NOTHING, SAME, UNUSABLE, Signs, Trial

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
    if old is None and copy == COPIED and part in _PREPARED:
        copy = UNUSABLE
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
            state_copy.copy_state(found, partial(_prepare, found, places))
        switched = replace(found, phase=trial.SWITCHED)
        journal.save(switched, places)
        # Only from here on the new version may run, also after a power cut: the copy is needed.
        found = switched
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
    with suppress(OSError):
        state_copy.forget_earlier(found)
    _end(found, Outcome(found.release, found.previous, True, True, proof), places)


def stay(found: Trial, why: str, places: Places) -> None:
    """The new version, although it has not proved itself."""
    found = replace(found, phase=trial.STAYING, why=why)
    journal.save(found, places)
    # As long as the copy is there by its name, a service withholds what devices would act upon.
    state_copy.keep_copy(found)
    units.start(found.part)
    _end(found, Outcome(found.release, found.previous, True, False, why), places)


def take_back(found: Trial, why: str, places: Places) -> None:
    """Where PostgreSQL does not answer, the trial is RETURNING still, and a later round comes to it again."""
    if trial.has_not_run(found, environment.in_use(found.part, places)):
        found = replace(found, copy=SAME)  # the copy, whole or not, is not needed
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
    if said is None:
        complain(f"{found.release}: PostgreSQL does not answer; its return waits for that")
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


def _give_back(found: Trial, places: Places) -> str | None:
    """The database, so that the old version can read it; what is to be said of it. None: that cannot be said yet. Raises ReleaseError: it
    cannot be given back."""
    reads = found.copy == SAME or _reads_what_is_there(found, places)
    if reads is None:
        return None
    if reads:
        state_copy.forget_copy(found)
        return ""
    if found.copy == UNUSABLE:
        raise ReleaseError(found.previous, "it does not even say how it is, so no copy of its database could be made fit for use")
    if found.copy == ELSEWHERE:
        raise ReleaseError(
            "PostgreSQL",
            "the tables are in the form of the new version. To go back: stop the service, put your copy in their place "
            "(pg_restore --clean), and install the older bundle",
        )
    if trial.has_acknowledged_for_good(found, read_signs(found.part, (found.release, found.previous), places)):
        kept = f"; the database from before is in {state_copy.place_of_kept(found)}" if found.copy == COPIED else ""
        what = "gateways have let go of what they delivered meanwhile, or it cannot be counted; the older form does not have it"
        raise ReleaseError("deliveries", what + kept)
    return f"; what the new version had stored is kept in {state_copy.restore_state(found)} until a version is kept"


def _reads_what_is_there(found: Trial, places: Places) -> bool | None:
    """The old version: the new one ended before it changed anything, or an earlier attempt has restored it. None: PostgreSQL is away."""
    if found.copy == ELSEWHERE:
        changed = is_changed(_ask(found, found.previous, places), _ask(found, found.release, places))
        return None if changed is None else not changed
    old = _ask(found, found.previous, places)
    return old is not None and old.database.is_readable


def _ask(found: Trial, release: str, places: Places) -> Shown | None:
    try:
        return ask(found.part, release, places)
    except FAULTS:
        return None


def _prepare(found: Trial, places: Places, copy: Path) -> None:
    """A copy of a gateway, by the old version itself: the fleet may have more of it by the time it is used. Raises ReleaseError."""
    if found.part not in _PREPARED:
        return
    done = run_as_service(found.part, [str(places.program(found.part, found.previous)), "prepare-restored", str(copy)])
    if done.returncode:
        raise ReleaseError(f"{PARTS[found.part]} prepare-restored", done.stderr.strip()[-200:])


def _end(found: Trial, outcome: Outcome, places: Places) -> None:
    journal.close(found, outcome, places)
    units.end_judging(found.part, places)
