# The settings in force, and the taking of new ones: what an offer must satisfy, and that it is in flash before it is in force. New ones
# are on trial until they are kept; until then the file of those before is not written to, and give_back brings them back.
# Knows no sensor and no link; the one who obeys the settings reads `version` and `settings` after a change.

import json

from contract.faults import fault_text
from contract.messages import write
from contract.values import MAX_SETTINGS_VERSION, MAX_VERSIONS_AHEAD
from node import transient_import

PATH = "/settings"
MAX_BYTES = 6144
MAX_STARTS = 3


class SettingsStore:
    """`version` and `settings` (whole, with defaults). `lost`: flash held settings, and none could be read; as shipped instead.
    `returned`: the version that these took the place of by themselves, and that is not taken again; 0: none. `on_trial`: until `keep`
    or `give_back`. `not_stored`: how often flash refused to note how a trial goes."""

    def __init__(self, pair, trial_record, as_shipped: dict, wiring_faults):
        """pair: a stored_pair.StoredPair. trial_record: a trial_record.TrialRecord. as_shipped: without faults. wiring_faults: of a list
        of sensors, what this board cannot serve."""
        self._pair = pair
        self._record = trial_record
        self._as_shipped = as_shipped
        self._wiring_faults = wiring_faults
        self.version = 0
        self.settings = _with_defaults(as_shipped)
        self.lost = False
        self.on_trial = False
        self.not_stored = 0

    @property
    def returned(self) -> int:
        return self._record.returned if self._record.returned > self.version else 0

    @property
    def needs_usable(self) -> bool:
        """Whether a report must have a usable value to end the trial well."""
        return self._record.needs_usable and bool(self.settings["sensors"])

    def load(self) -> "int | None":
        """Returns the version that was tried at too many starts, where there is one: the settings before are in force."""
        record = self._record
        record.load()
        self._read(record.counts)
        if not self.version and self._pair.read(lambda number: number > MAX_SETTINGS_VERSION) is not None:
            self.lost = True
        if not self.on_trial:
            return None
        if record.tried == self.version and record.starts >= MAX_STARTS:
            return self.give_back()
        self._note(record.started)
        return None

    def offer(self, version: int, document: dict, needs_usable: bool = True) -> list:
        """Faults, as text. None: it is stored and in force, on trial. The caller has seen to it that the version is greater.
        needs_usable: whether the sensors gave usable values before."""
        greatest = min(max(self.version, self._record.returned) + MAX_VERSIONS_AHEAD, MAX_SETTINGS_VERSION)
        if version > greatest:
            return ["v: at most %d, this is too far ahead" % greatest]
        faults = [fault_text(fault) for fault in self._faults(document)]
        if faults:
            return faults
        content = write(document)
        if len(content) > MAX_BYTES:
            return ["$: at most %d bytes" % MAX_BYTES]
        error = self._store(version, content, needs_usable)
        if error is not None:
            return ["flash: not stored, error %s" % error.args[0]]
        self._apply(version, document)
        return []

    def _store(self, version: int, content: bytes, needs_usable: bool) -> "OSError | None":
        record = self._record
        before = record.trial
        try:
            if self.on_trial:
                self._pair.read(lambda number: number <= record.kept)  # spares the file to return to
            record.try_out(version, needs_usable)
        except OSError as error:
            return error
        try:
            self._pair.write(version, content)
        except OSError as error:
            self._note(lambda _: record.resume(before))
            return error
        return None

    def keep(self) -> None:
        self.on_trial = False
        self._note(self._record.keep)

    def give_back(self) -> int:
        """The settings before the trial are in force again. Returns the version that was on trial."""
        version = self.version
        record = self._record
        self._note(record.give_back)
        self._read(lambda number: number <= record.kept)
        return version

    def _note(self, write_down) -> None:
        # When flash refuses, the next start tries the version anew.
        try:
            write_down(self.version)
        except OSError:
            self.not_stored += 1

    def _read(self, counts) -> None:
        found = self._pair.read(counts)
        document = None if found is None else self._parse(found[1])
        if document is None:
            self.lost = found is not None or self._pair.damaged > 0
            self._apply(0, self._as_shipped)
        else:
            self._apply(found[0], document)

    def _apply(self, version: int, document: dict) -> None:
        self.version = version
        self.settings = _with_defaults(document)
        self.on_trial = version > 0 and self._record.is_on_trial(version)

    def _parse(self, content: bytes) -> "dict | None":
        try:
            document = json.loads(content)
        except ValueError:
            return None
        return None if self._faults(document) else document

    def _faults(self, document) -> list:
        return transient_import.call("contract.settings", "faults", document) or self._wiring_faults(document.get("sensors", []))


def _with_defaults(document: dict) -> dict:
    return transient_import.call("contract.settings", "with_defaults", document)
