"""What a trial is written down in, so that a power cut or a killed installer loses nothing of it."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from typing import IO

from host.atomic_file import replace_file, sync_folder
from host.release.places import Places
from host.release.trial import Trial, from_document, to_document

_TRY_AGAIN_S = 0.5


@contextmanager
def lock(places: Places, tries: int = 1) -> Iterator[bool]:
    """One program at a time changes versions. False: another does, after that many tries; the lock ends with its process."""
    places.home.mkdir(parents=True, exist_ok=True)
    with places.lock.open("w") as file:
        yield any(_is_locked(file) for _ in range(tries))


def _is_locked(file: IO[str]) -> bool:
    try:
        flock(file, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        time.sleep(_TRY_AGAIN_S)
        return False
    return True


def save(trial: Trial, places: Places) -> None:
    replace_file(places.trial, json.dumps(to_document(trial)).encode())


def load(places: Places) -> Trial | None:
    try:
        return from_document(json.loads(places.trial.read_bytes()))
    except FileNotFoundError:
        return None


def close(trial: Trial, kept: bool, why: str, places: Places) -> None:
    """The outcome is written before the trial is forgotten."""
    outcome = {"release": trial.release, "previous": trial.previous, "kept": kept, "why": why}
    replace_file(places.outcome, json.dumps(outcome).encode())
    places.trial.unlink(missing_ok=True)
    sync_folder(places.home)


def note_tool(places: Places) -> None:
    """That people want the technician's tool here: it outlives the services."""
    replace_file(places.tool_wanted, b"")


def outcome_of(release: str, places: Places) -> tuple[bool, str] | None:
    """(kept, why) of the newest trial, if it was of this release."""
    try:
        found = json.loads(places.outcome.read_bytes())
    except FileNotFoundError:
        return None
    return (found["kept"], found["why"]) if found["release"] == release else None
