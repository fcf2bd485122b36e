"""Changes the version of a machine whose services run: the new one on trial, and the old one back. Every step may be cut and done again."""

import subprocess
from collections.abc import Callable
from dataclasses import replace

from host.errors import ReleaseError
from host.release import environment, journal, state_copy, units
from host.release.places import PARTS, SERVICES, Places
from host.release.signs import is_running, read_signs
from host.release.trial import JUDGING, PREPARED, RETURNING, Trial, before

Say = Callable[[str], None]
# Whose receipts are counted from the start of its process.
_COUNTS_FROM_ITS_START = ("fleet",)
_SHOWN_LINES = 8


def installed_services(places: Places) -> list[str]:
    return [part for part in SERVICES if (places.units / f"{PARTS[part]}.service").exists()]


def put_on_trial(release: str, previous: str, words: dict[str, list[str]], places: Places, say: Say) -> None:
    """`words`: of each service to install, what its `install` is given, and what is for the trial itself.

    Raises ReleaseError; the old version is back by then.
    """
    running = [part for part in installed_services(places) if is_running(part)]
    signs = {part: before(read_signs(part, places), part in _COUNTS_FROM_ITS_START) for part in running}
    is_copied = any(state_copy.DATABASE_COPIED in given for given in words.values())
    changed = _changed_forms(release, previous, places)
    for part in [] if is_copied else changed:
        state_copy.refuse_without_copy(part, places)
    trial = Trial(release, previous, PREPARED, signs)
    # The timer first: from the moment of the trial on, somebody takes back what a killed installer leaves.
    units.write_units(places.release(release) / "installer", places)
    units.begin_judging()
    journal.save(trial, places)
    try:
        _stop(running)
        trial = replace(trial, copied=tuple(part for part in changed if state_copy.copy_state(part, release, places)))
        journal.save(trial, places)
        environment.put_into_use(release, places)
        for part, given in words.items():
            say(f"      {part}: units and configuration")
            run_install(part, release, [word for word in given if word != state_copy.DATABASE_COPIED], places)
    except ReleaseError as error:
        take_back(trial, str(error), places)
        raise
    journal.save(replace(trial, phase=JUDGING), places)
    _start(running)


def keep(trial: Trial, proof: str, places: Places) -> None:
    for part in trial.copied:
        state_copy.forget_copy(part, trial.release, places)
    journal.close(trial, True, proof, places)
    environment.remove_others({trial.release, trial.previous}, places)
    units.end_judging(places)


def take_back(trial: Trial, why: str, places: Places) -> None:
    trial = replace(trial, phase=RETURNING, why=why)
    journal.save(trial, places)
    _stop(list(trial.before))
    aside = [state_copy.restore_state(part, trial.release, places) for part in trial.copied]
    environment.put_into_use(trial.previous, places)
    for part in installed_services(places):
        try:
            run_install(part, trial.previous, [], places)
        except ReleaseError as error:
            why += f"; units may be those of the new version: {error}"
    said = "".join(f"; what the new version had stored is kept in {folder}" for folder in aside)
    journal.close(trial, False, why + said, places)
    _start(list(trial.before))
    units.end_judging(places)


def run_install(part: str, release: str, words: list[str], places: Places) -> str:
    """What the `install` of a program says. Raises ReleaseError."""
    command = [str(places.release(release) / "bin" / PARTS[part]), "install", *words]
    finished = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if finished.returncode:
        said = (finished.stderr.strip() or finished.stdout.strip()).splitlines()[-_SHOWN_LINES:]
        raise ReleaseError(f"{PARTS[part]} install", "\n".join(said))
    return finished.stdout


def _changed_forms(release: str, previous: str, places: Places) -> list[str]:
    """Services that the two releases keep in different forms."""
    old, new = places.release(previous), places.release(release)
    return [part for part in installed_services(places) if not _same_form(state_copy.form_of(part, old), state_copy.form_of(part, new))]


def _same_form(old: str, new: str) -> bool:
    return old == new != ""


def _stop(parts: list[str]) -> None:
    if parts:
        units.systemctl("stop", *(PARTS[part] for part in parts))


def _start(parts: list[str]) -> None:
    # Not waited for: at boot they start after the unit that may be doing this.
    if parts:
        units.systemctl("reset-failed", *(PARTS[part] for part in parts))
        units.systemctl("--no-block", "start", *(PARTS[part] for part in parts))
