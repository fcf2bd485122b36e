"""The document in force: each part of the gateway that takes a part of it, told only what differs from the document before.

Version 0: none is in force yet.
"""

import logging
from collections.abc import Callable, Mapping

from contract.site.sections import SECTIONS
from gateway.desired.document import Desired
from gateway.desired.plan import plan
from gateway.telemetry import Telemetry

_LOG = logging.getLogger(__name__)

Part = Callable[[Desired], None]


class InForce:
    """`parts`: by section (contract/site/sections.py), who applies it: of each section, or ValueError."""

    def __init__(self, parts: Mapping[str, Part], telemetry: Telemetry) -> None:
        if parts.keys() != (known := {section.key for section in SECTIONS}):
            raise ValueError(f"each section needs exactly one part that applies it: {sorted(parts.keys() ^ known)}")
        self._parts = parts
        self._telemetry = telemetry
        self.desired: Desired | None = None

    @property
    def version(self) -> int:
        return self.desired.version if self.desired else 0

    @property
    def misfits(self) -> tuple[str, ...]:
        """What of it cannot be obeyed here."""
        return self.desired.misfits if self.desired else ()

    def put(self, desired: Desired) -> None:
        """What a part raises goes through: the document is in force, and not all parts have taken it."""
        change = plan(self.desired.document if self.desired else None, desired.document)
        self.desired = desired
        for part in change.changes:
            self._parts[part](desired)
        if desired.misfits:
            text = f"version {desired.version} does not fit this site: {'; '.join(desired.misfits)}"
            self._telemetry.errors.add("desired", text)
            _LOG.warning("desired document", extra={"reason": text})
        _LOG.info("desired document in force", extra={"version": desired.version, "parts": list(change.changes)})

    def lost_settings(self, good: Desired) -> list[str]:
        """What does not come back when `good` takes the place of what is in force."""
        before = {node.node: node.settings_version for node in good.nodes}
        nodes = self.desired.nodes if self.desired else ()
        return [
            f"{node.node}: keeps settings version {node.settings_version} where it took them: a node goes to greater ones only"
            for node in nodes
            if node.settings_version > before.get(node.node, node.settings_version)
        ]
