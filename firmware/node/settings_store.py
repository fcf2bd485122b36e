# The settings in force, and the taking of new ones: what an offer must satisfy, and that it is in flash before it is in force.
# Knows no sensor and no link; whoever obeys the settings reads `version` and `settings` after a change.

import json

from contract import settings as table
from contract.messages import write

PATH = "/settings"
MAX_BYTES = 6144


class SettingsStore:
    """`version` and `settings` (whole, with defaults). `lost`: flash held settings, and none could be read; as shipped instead."""

    def __init__(self, pair, as_shipped: dict, wiring_faults):
        """pair: a stored_pair.StoredPair. as_shipped: without faults. wiring_faults: of a list of sensors, what this board cannot
        serve, as [(path, what is allowed), ...]."""
        self._pair = pair
        self._wiring_faults = wiring_faults
        self.version = 0
        self.settings = table.with_defaults(as_shipped)
        self.lost = False

    def load(self) -> None:
        found = self._pair.read()
        document = None if found is None else self._parse(found[1])
        if document is None:
            self.lost = found is not None or self._pair.damaged > 0
        else:
            self.version = found[0]
            self.settings = table.with_defaults(document)

    def offer(self, version: int, document: dict) -> list:
        """Faults, as text. None: it is stored and in force. The caller has seen to it that the version is greater."""
        faults = [path + ": " + allowed for path, allowed in self._faults(document)]
        if faults:
            return faults
        content = write(document)
        if len(content) > MAX_BYTES:
            return ["$: at most %d bytes" % MAX_BYTES]
        try:
            self._pair.write(version, content)
        except OSError as error:
            return ["flash: not stored, error %s" % error.args[0]]
        self.version = version
        self.settings = table.with_defaults(document)
        return []

    def _parse(self, content: bytes) -> "dict | None":
        try:
            document = json.loads(content)
        except ValueError:
            return None
        return None if self._faults(document) else document

    def _faults(self, document) -> list:
        return table.faults(document) or self._wiring_faults(document.get("sensors", []))
