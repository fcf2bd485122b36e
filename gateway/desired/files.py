"""The desired documents on the disk. Each is whole whatever happens meanwhile; between any two writes a start finds its way.

desired.json           the last good document, as the fleet signed it
desired-trial.json     the one on trial: {"answer", "starts", "wanted": {source: [settings_version, usable]}}
desired-returned.json  the newest one that was on trial and returned: {"version", "faults"}; it is not taken again

Kept: the good one is replaced, then the trial removed. Returned: noted as returned, then the trial removed. A trial that is not newer than
either has been decided already.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.desired.trial import Wanted
from host.atomic_file import replace_file, sync_folder

GOOD_FILE = "desired.json"
TRIAL_FILE = "desired-trial.json"
RETURNED_FILE = "desired-returned.json"
_MODE = 0o600  # they hold the keys of nodes


@dataclass(frozen=True)
class OnTrial:
    """`starts`: of the gateway, since the document came."""

    answer: bytes
    wanted: dict[str, Wanted]
    starts: int = 0


@dataclass(frozen=True)
class Returned:
    """Version 0: none."""

    version: int = 0
    faults: tuple[str, ...] = ()


class DesiredFiles:
    """Every method raises OSError; reading raises ValueError on a file that is damaged."""

    def __init__(self, state: Path) -> None:
        self._state = state

    def good(self) -> bytes | None:
        return self._read(GOOD_FILE)

    def trial(self) -> OnTrial | None:
        content = self._read(TRIAL_FILE)
        if content is None:
            return None
        document = _object(content)
        try:
            wanted = {source: Wanted(int(version), bool(usable)) for source, (version, usable) in document["wanted"].items()}
            return OnTrial(document["answer"].encode(), wanted, int(document["starts"]))
        except (LookupError, TypeError, AttributeError) as error:
            raise ValueError(f"{TRIAL_FILE}: {error!r}") from error

    def returned(self) -> Returned:
        content = self._read(RETURNED_FILE)
        if content is None:
            return Returned()
        document = _object(content)
        try:
            return Returned(int(document["version"]), tuple(map(str, document["faults"])))
        except (LookupError, TypeError) as error:
            raise ValueError(f"{RETURNED_FILE}: {error!r}") from error

    def keep(self, answer: bytes) -> None:
        """It is the last good one from now on, and nothing is on trial."""
        replace_file(self._state / GOOD_FILE, answer, _MODE)
        self.end_trial()

    def put_on_trial(self, trial: OnTrial) -> None:
        wanted = {source: [want.settings_version, want.usable] for source, want in trial.wanted.items()}
        self._replace(TRIAL_FILE, {"answer": trial.answer.decode(), "starts": trial.starts, "wanted": wanted})

    def give_back(self, returned: Returned) -> None:
        self._replace(RETURNED_FILE, {"version": returned.version, "faults": list(returned.faults)})
        self.end_trial()

    def end_trial(self) -> None:
        (self._state / TRIAL_FILE).unlink(missing_ok=True)
        sync_folder(self._state)

    def _read(self, name: str) -> bytes | None:
        try:
            return (self._state / name).read_bytes()
        except FileNotFoundError:
            return None

    def _replace(self, name: str, document: dict[str, Any]) -> None:
        replace_file(self._state / name, json.dumps(document).encode(), _MODE)


def _object(content: bytes) -> dict[str, Any]:
    document = json.loads(content)
    if not isinstance(document, dict):
        raise ValueError("not an object")
    return document
