"""The desired document in force, commit-confirmed: a new one is applied on trial and kept when it has proved itself, else the last good
one returns by itself (trial.py). Files first, then what they say: a kill at any moment leaves the old state or the new.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from gateway.counters import Counters
from gateway.desired.document import Desired, SiteNames, verify
from gateway.desired.evidence import Evidence
from gateway.desired.files import DesiredFiles, OnTrial, Returned
from gateway.desired.pinned import Pinned
from gateway.desired.plan import Plan, plan
from gateway.desired.trial import KEPT, RETURNED, Trial, Wanted
from gateway.error_log import ErrorLog
from gateway.errors import DesiredError, StoreError
from gateway.identity import Identity
from gateway.store.writer import Writer

_LOG = logging.getLogger(__name__)
MOST_STARTS = 3  # of the gateway under one trial
_LOOK_EVERY_S = 1.0
_FAULTS_TOLD = 100

Part = Callable[[Desired], None]


class DesiredState:
    """`version` is in force, on trial or not; 0 for none. `told` is what the fleet is to know, `news` says that it has changed.

    `parts`: by name (plan.PARTS), who takes that part of a document. `limit_s`: of a trial that begins from now on.
    """

    def __init__(
        self,
        identity: Identity,
        site: SiteNames,
        files: DesiredFiles,
        writer: Writer,
        limit_s: float,
        counters: Counters,
        errors: ErrorLog,
        parts: Mapping[str, Part],
        now_s: Callable[[], float],
        utc_ms: Callable[[], int],
    ) -> None:
        self._identity = identity
        self._site = site
        self._files = files
        self._pinned = Pinned(files, identity, site, counters, errors)
        self._evidence = Evidence(writer, utc_ms)
        self.limit_s = limit_s
        self._counters = counters
        self._errors = errors
        self._parts = parts
        self._now_s = now_s
        self._utc_ms = utc_ms
        self._good: Desired | None = None
        self._in_force: Desired | None = None
        self._trial: Trial | None = None
        self._unwanted = 0  # the newest version that was refused or has returned
        self._moved = asyncio.Event()
        self._lock = asyncio.Lock()
        self.told: dict[str, Any] = {"version": 0, "ok": True, "faults": []}
        self.news = asyncio.Event()

    @property
    def version(self) -> int:
        return self._in_force.version if self._in_force else 0

    @property
    def have(self) -> int:
        """Only a greater version is of interest."""
        return max(self.version, self._unwanted)

    @property
    def on_trial(self) -> bool:
        return self._trial is not None

    @property
    def misfits(self) -> tuple[str, ...]:
        """What of the document in force cannot be obeyed here."""
        return self._in_force.misfits if self._in_force else ()

    def start(self) -> None:
        """Applies the last good document, and on it the one that was on trial, unless that had its chances."""
        good = self._pinned.good()
        if good is not None:
            self._adopt_good(good)
        returned = self._pinned.returned()
        self._unwanted = returned.version
        if returned.version > self.version:
            self._tell("returned", returned.version, returned.faults)
        on_trial = self._pinned.trial()
        if on_trial is not None:
            self._try_again(on_trial)

    async def take(self, answer: bytes) -> None:
        """A document that the fleet sent. Raises DesiredError when it is refused; OSError and StoreError when it cannot be kept now."""
        try:
            desired = verify(answer, self._identity, self.have, self._site)
        except DesiredError as error:
            self._refuse(error)
            raise
        async with self._lock:
            change = plan(self._good.document if self._good else None, desired.document)
            if self._good is None or not change.changes:
                # There is nothing to return to, or nothing to return from.
                await asyncio.to_thread(self._files.keep, answer)
                self._adopt_good(desired)
                return
            wanted = await self._evidence.wanted(change, self._utc_ms() - int(1000 * self._patience_s(change)))
            await asyncio.to_thread(self._files.put_on_trial, OnTrial(answer, wanted))
            self._begin(desired, wanted, change)

    def receipt(self) -> None:
        """The fleet has answered."""
        if self._trial is not None:
            self._trial.receipt()
            self._moved.set()

    async def watch(self) -> None:
        """Decides about what is on trial, for ever."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY_S if self._trial else None):
                    await self._moved.wait()
            self._moved.clear()
            async with self._lock:
                await self.decide()

    async def decide(self) -> None:
        """Looks at what was delivered since, and keeps what is on trial, or gives it back, when that is due."""
        if self._trial is None or self._in_force is None:
            return
        try:
            await self._evidence.gather(self._trial)
        except StoreError as error:
            self._fault(error.reason)  # without evidence the time runs out all the same
        try:
            verdict = self._trial.verdict(self._now_s())
            if verdict == KEPT:
                await asyncio.to_thread(self._files.keep, self._in_force.answer)
                self._adopt_good(self._in_force)
            elif verdict == RETURNED:
                returned = self._give_back(self._trial.version, self._trial.faults())
                await asyncio.to_thread(self._files.give_back, returned)
        except OSError as error:
            self._fault(f"verdict not kept on the disk: {error}")

    def _patience_s(self, change: Plan) -> float:
        return self.limit_s + 2 * change.period_ms / 1000

    def _begin(self, desired: Desired, wanted: dict[str, Wanted], change: Plan) -> None:
        self._trial = Trial(desired.version, dict(wanted), self._now_s(), self._patience_s(change))
        self._counters.add("desired.applied")
        self._apply(desired)
        self._trial.applied = True
        self._tell("on_trial", desired.version, desired.misfits)
        self._moved.set()

    def _try_again(self, on_trial: OnTrial) -> None:
        desired = self._pinned.trusted(on_trial.answer)
        try:
            if self._good is None or desired is None or desired.version <= self.have:
                self._files.end_trial()  # decided already, or never to be
            elif on_trial.starts >= MOST_STARTS:
                fault = f"gateway: started {MOST_STARTS} times under it, and never ran until it was decided"
                self._files.give_back(self._give_back(desired.version, [fault]))
            else:
                self._files.put_on_trial(replace(on_trial, starts=on_trial.starts + 1))
                self._begin(desired, on_trial.wanted, plan(self._good.document, desired.document))
        except OSError as error:
            self._fault(f"document on trial: {error}")

    def _give_back(self, version: int, faults: list[str]) -> Returned:
        """The last good one is in force again, whether or not the disk will let that be noted."""
        assert self._good is not None
        returned = Returned(version, (*faults, *_settings_kept(self._in_force, self._good)))
        self._trial = None
        self._unwanted = max(self._unwanted, version)
        self._counters.add("desired.returned")
        self._apply(self._good)
        self._tell("returned", version, returned.faults)
        self._fault(f"version {version} returned: {'; '.join(returned.faults)}")
        return returned

    def _adopt_good(self, desired: Desired) -> None:
        if self._in_force is None or self._in_force.version != desired.version:
            self._counters.add("desired.applied")
        self._trial = None
        self._good = desired
        self._apply(desired)
        self._tell("kept", desired.version, desired.misfits)

    def _apply(self, desired: Desired) -> None:
        """Part by part, only what differs from what is in force."""
        change = plan(self._in_force.document if self._in_force else None, desired.document)
        self._in_force = desired
        for part in change.changes:
            if part in self._parts:
                self._parts[part](desired)
        if desired.misfits:
            self._fault(f"version {desired.version} does not fit this site: {'; '.join(desired.misfits)}")
        _LOG.info("desired document in force", extra={"version": desired.version, "parts": list(change.changes)})

    def _refuse(self, error: DesiredError) -> None:
        self._counters.add("desired.refused")
        self._unwanted = max(self._unwanted, error.version or 0)
        self._tell("refused", error.version or self.version, error.faults)
        _LOG.error("desired document refused", extra={"version": error.version, "faults": error.faults})

    def _tell(self, state: str, version: int, faults: "list[str] | tuple[str, ...]" = ()) -> None:
        ok = state in ("kept", "on_trial") and not faults
        self.told = {"version": version, "ok": ok, "faults": list(faults[:_FAULTS_TOLD]), "state": state, "in_force": self.version}
        self.news.set()

    def _fault(self, text: str) -> None:
        self._errors.add("desired", text)
        _LOG.warning("desired document", extra={"reason": text})


def _settings_kept(left: Desired | None, good: Desired) -> list[str]:
    before = {node.node: node.settings_version for node in good.nodes}
    newer = [node for node in (left.nodes if left else ()) if node.settings_version > before.get(node.node, node.settings_version)]
    return [
        f"{node.node}: keeps settings version {node.settings_version} where it took them: a node goes to greater ones only"
        for node in newer
    ]
