"""What a trial is written down in, so that a power cut or a killed installer loses nothing of it."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import IO

from host.atomic_file import replace_file, sync_folder
from host.release.places import USERS, Places
from host.release.trial import Trial, from_document, to_document

_TRY_AGAIN_S = 0.5


@dataclass(frozen=True)
class Outcome:
    """`kept`: the new version is in use. `proved`: a report and a receipt came under it; one that is kept without could not be returned."""

    release: str
    previous: str
    kept: bool
    proved: bool
    why: str


@contextmanager
def lock(path: Path, tries: int = 1) -> Iterator[bool]:
    """One program at a time. False: another is at work, after that many tries; the lock ends with its process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        yield any(_is_locked(file) for _ in range(tries))


def _is_locked(file: IO[str]) -> bool:
    try:
        flock(file, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        time.sleep(_TRY_AGAIN_S)
        return False
    return True


def save(trial: Trial, places: Places) -> None:
    replace_file(places.trial(trial.part), json.dumps(to_document(trial)).encode())


def load(part: str, places: Places) -> Trial | None:
    try:
        return from_document(json.loads(places.trial(part).read_bytes()))
    except FileNotFoundError:
        return None


def running(places: Places) -> list[Trial]:
    return [trial for part in USERS if (trial := load(part, places)) is not None]


def close(trial: Trial, outcome: Outcome, places: Places) -> None:
    """The outcome is written before the trial is forgotten. A full disk must not make the end of a trial come again and again."""
    places.outcome(trial.part).unlink(missing_ok=True)
    with suppress(OSError):
        replace_file(places.outcome(trial.part), json.dumps(asdict(outcome)).encode())
    places.trial(trial.part).unlink(missing_ok=True)
    sync_folder(places.home)


def outcome_of(part: str, release: str, places: Places) -> Outcome | None:
    """Of the newest trial of the part, if it was of this release."""
    try:
        found = Outcome(**json.loads(places.outcome(part).read_bytes()))
    except FileNotFoundError:
        return None
    return found if found.release == release else None
