"""The document in force: each part of the gateway that takes a part of it, notified only of what differs from what that part took last.

Version 0: none is in force yet.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from contract.site import sections
from contract.site.sections import Section
from gateway.desired.document import Desired
from gateway.telemetry import Telemetry

_LOG = logging.getLogger(__name__)

Part = Callable[[Desired], None]


class InForce:
    """`parts`: by section (contract/site/sections.py), who applies it: of each section, or ValueError."""

    def __init__(self, parts: Mapping[str, Part], telemetry: Telemetry) -> None:
        if parts.keys() != (known := {section.key for section in sections.SECTIONS}):
            raise ValueError(f"each section needs exactly one part that applies it: {sorted(parts.keys() ^ known)}")
        self._parts = parts
        self._telemetry = telemetry
        # By section, the entries that its part took last; not there while unknown: a part that raised may have taken some of them.
        self._taken: dict[str, dict[str, Any]] = {key: {} for key in parts}
        self.desired: Desired | None = None
        self.failures: tuple[str, ...] = ()  # by the last `put`, of each section that is not in force: why

    @property
    def version(self) -> int:
        return self.desired.version if self.desired else 0

    @property
    def misfits(self) -> tuple[str, ...]:
        """What of it is not obeyed here: it cannot be, or its part failed."""
        return (*self.desired.misfits, *self.failures) if self.desired else ()

    def put(self, desired: Desired) -> None:
        """Puts each section in force that is not. One whose part raises is among the `failures`, and tried with the next document."""
        self.desired = desired
        differing = [
            section for section in sections.SECTIONS if self._taken.get(section.key) != sections.entries(section, desired.document)
        ]
        failures = [self._apply(section, desired) for section in differing]
        self.failures = tuple(failure for failure in failures if failure)
        if desired.misfits:
            text = f"version {desired.version} does not fit this site: {'; '.join(desired.misfits)}"
            self._telemetry.errors.add("desired", text)
            _LOG.warning("desired document", extra={"reason": text})
        parts = [section.key for section in differing]
        _LOG.info("desired document in force", extra={"version": desired.version, "parts": parts, "failures": self.failures})

    def lost_settings(self, good: Desired) -> list[str]:
        """What does not come back when `good` takes the place of what is in force."""
        before = {node.node: node.settings_version for node in good.nodes}
        nodes = self.desired.nodes if self.desired else ()
        return [
            f"{node.node}: keeps settings version {node.settings_version} where it took them: a node goes to greater ones only"
            for node in nodes
            if node.settings_version > before.get(node.node, node.settings_version)
        ]

    def _apply(self, section: Section, desired: Desired) -> str:
        """Empty, or why the part of that section failed."""
        self._taken.pop(section.key, None)
        try:
            self._parts[section.key](desired)
        except Exception as error:  # noqa: BLE001 - the edge of a part: what one cannot take costs the others nothing
            failure = f"{section.key}: could not be applied: {type(error).__name__}: {error}"
            self._telemetry.counters.add("desired.part_failed")
            self._telemetry.errors.add("desired", f"version {desired.version}: {failure}")
            _LOG.exception("part of the desired document failed", extra={"section": section.key, "version": desired.version})
            return failure
        self._taken[section.key] = sections.entries(section, desired.document)
        return ""
