"""A gateway as far as its desired document goes, with a real buffer and a clock that the test sets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract import messages
from contract.site.sections import SECTIONS
from gateway.desired.desired_state import DesiredState
from gateway.desired.document import Desired, SiteNames
from gateway.desired.evidence import Evidence
from gateway.desired.files import DesiredFiles
from gateway.desired.in_force import InForce
from gateway.desired.pinned import Pinned
from gateway.identity import ConfigKey, Identity
from gateway.items import Row
from gateway.tests.parts import CLOCK, make_telemetry, make_writer
from gateway.tests.power_cuts import PowerCutError
from gateway.tests.site import BOOT, report
from hil_tests.stand_in_fleet.fleet import signed

_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
_IDENTITY = Identity("g-01", "t", [ConfigKey("k1", _KEY.public_key().public_bytes_raw().hex())])
SITE = SiteNames(frozenset({"siren"}), frozenset(), frozenset({"a"}))


def answer(version: int, *nodes: dict[str, Any], **more: Any) -> bytes:
    document = {
        "gateway": "g-01",
        "version": version,
        "issued_ms": 1,
        "settings": {},
        "rules": [],
        "calibrations": [],
        "nodes": list(nodes),
    }
    return signed(document | more, _KEY)


class Box:
    """A gateway as far as its desired document goes; its time is what the test says."""

    def __init__(self, state: Path, site: SiteNames = SITE, broken: str | None = None) -> None:
        self.state = state
        self.now_s = 1000.0
        telemetry = make_telemetry()
        self.counters, self.errors = telemetry.counters, telemetry.errors
        self.writer = make_writer(state, telemetry, station="g-01")
        self.applied: list[tuple[str, int]] = []
        self.crash_at: int | None = None
        self.broken = broken  # the section whose part raises
        parts = {section.key: partial(self._take, section.key) for section in SECTIONS}
        files = DesiredFiles(state)
        pinned, evidence = Pinned(files, _IDENTITY, site, telemetry), Evidence(self.writer, CLOCK.utc_ms)
        self.desired = DesiredState(pinned, evidence, InForce(parts, telemetry), 600, telemetry, lambda: self.now_s)

    def _take(self, part: str, desired: Desired) -> None:
        if desired.version == self.crash_at:
            raise PowerCutError
        if part == self.broken:
            raise RuntimeError("no such device")
        self.applied.append((part, desired.version))

    def receipt(self) -> None:
        """The fleet has answered what it was asked now."""
        self.desired.receipt(self.now_s)

    async def delivers(self, node: str, seq: int, settings_version: int = 0, **more: Any) -> None:
        fields = report(seq, **more) | {"c": settings_version}
        await self._commit(Row(node, BOOT, seq, "report", CLOCK.utc_ms(), 10_000 * seq, 10_000, None, None, messages.write(fields)))

    async def refuses(self, node: str, seq: int, version: int) -> None:
        body = messages.write({"q": seq, "s": 1, "c": version, "ok": False, "f": []})
        await self._commit(Row(node, BOOT, seq, "applied", CLOCK.utc_ms(), 1, 0, None, None, body))

    async def reads(self, seq: int, start_ms: int, **slots: bool) -> None:
        """A report of the gateway itself: by slot whether it has a value."""
        rows = [[int(slot[1:]), 6, 0, 10, 5, 5, 5] if usable else [int(slot[1:]), 6, 2, 0] for slot, usable in slots.items()]
        body = messages.write({"q": seq, "s": 1, "d": 1000, "c": 0, "ch": rows})
        await self._commit(Row("g-01", BOOT, seq, "report", CLOCK.utc_ms(), 1, 1000, start_ms, 50, body))

    async def _commit(self, row: Row) -> None:
        self.writer.submit([row], [])
        await self.writer.commit_pending()


@asynccontextmanager
async def started(state: Path, site: SiteNames = SITE, broken: str | None = None) -> AsyncIterator[Box]:
    box = Box(state, site, broken)
    await box.writer.open()
    try:
        box.desired.start()
        yield box
    finally:
        await box.writer.close()
