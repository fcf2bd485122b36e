"""The desired document in force. What becomes of one is decided in lifecycle.py; here it is done: files, parts, reports, counters."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gateway.desired.document import Desired
from gateway.desired.evidence import Evidence, Since
from gateway.desired.files import DesiredFiles, OnTrial, Returned
from gateway.desired.in_force import InForce
from gateway.desired.lifecycle import EMPTY, KEPT, ON_TRIAL, REFUSED, RETURNED, Action, Event, Save, Transition, step
from gateway.desired.outcome import Outcome
from gateway.desired.pinned import Pinned
from gateway.desired.plan import Plan, plan
from gateway.desired.trial import Trial, Wanted
from gateway.errors import DesiredError, StoreError
from gateway.telemetry import Telemetry

_LOG = logging.getLogger(__name__)
MOST_STARTS = 3  # of the gateway under one trial
_LOOK_EVERY_S = 1.0


@dataclass(frozen=True)
class Subject:
    """What an event is about: a version, its document if there is one, and what a trial of it needs."""

    version: int
    faults: tuple[str, ...] = ()
    desired: Desired | None = None
    change: Plan | None = None
    wanted: dict[str, Wanted] = field(default_factory=dict)
    since: Since | None = None
    starts: int = 0

    @property
    def document(self) -> Desired:
        assert self.desired is not None
        return self.desired


class DesiredState:
    """`version` is in force, on trial or not; 0 for none. `news` is set when the `outcome` has changed. `nothing_newer`: to be called when
    the fleet answers that it has nothing beyond `have`. `limit_s`: of a trial that begins from now on. `now_s`: monotonic."""

    def __init__(
        self,
        pinned: Pinned,
        evidence: Evidence,
        in_force: InForce,
        limit_s: float,
        telemetry: Telemetry,
        now_s: Callable[[], float],
    ) -> None:
        self._pinned = pinned
        self._evidence = evidence
        self._in_force = in_force
        self.limit_s = limit_s
        self._counters, self._errors = telemetry.counters, telemetry.errors
        self._now_s = now_s
        self._state = EMPTY
        self._good: Desired | None = None
        self._trial: Trial | None = None
        self._barred = 0  # the newest version that was refused or has returned
        self._moved = asyncio.Event()
        self._lock = asyncio.Lock()
        self._outcome = Outcome()
        self.news, self.nothing_newer = self._outcome.news, self._outcome.credible

    @property
    def version(self) -> int:
        return self._in_force.version

    @property
    def outcome(self) -> dict[str, Any]:
        """What is reported to the fleet."""
        return self._outcome.shown

    @property
    def have(self) -> int:
        """Only a greater version is of interest."""
        return max(self.version, self._barred)

    @property
    def on_trial(self) -> bool:
        return self._state == ON_TRIAL

    @property
    def misfits(self) -> tuple[str, ...]:
        """What of the document in force is not obeyed here."""
        return self._in_force.misfits

    def start(self) -> None:
        """Applies the last good document, and on it the one that was on trial, unless that had its chances."""
        good = self._pinned.good()
        if good is not None:
            self._enter(step(self._state, Event.FOUND_GOOD), Subject(good.version, desired=good))
        returned = self._pinned.returned()
        if returned.version > self.version:
            self._enter(step(self._state, Event.FOUND_RETURNED), Subject(returned.version, returned.faults))
        on_trial = self._pinned.trial()
        if on_trial is None:
            return
        transition, subject = self._found(on_trial)
        try:
            _save(self._pinned.files, transition.saves, subject)
            self._enter(transition, subject)
            _save(self._pinned.files, transition.records, subject)
        except OSError as error:
            self._fault(f"document on trial: {error}")

    async def take(self, answer: bytes) -> None:
        """A document that the fleet sent. Raises DesiredError when it is refused; OSError and StoreError when it cannot be kept now."""
        try:
            desired = self._pinned.verify(answer, self.have)
        except DesiredError as error:
            self._counters.add("desired.refused")
            _LOG.error("desired document refused", extra={"version": error.version, "faults": error.faults})
            self._outcome.untrusted(tuple(error.faults) if error.version is None else ())
            if error.version is not None:
                self._enter(step(self._state, Event.INVALID), Subject(error.version, tuple(error.faults)))
            raise
        self._outcome.credible()
        async with self._lock:
            change = plan(self._good.document if self._good else None, desired.document)
            if self._good is None or not change.changes:
                await self._perform(Event.ACCEPTED, Subject(desired.version, desired=desired))
            else:
                wanted, since = await self._evidence.wanted(change, self._patience_s(change))
                await self._perform(Event.CHANGED, Subject(desired.version, desired=desired, change=change, wanted=wanted, since=since))

    def receipt(self, asked_s: float) -> None:
        """The fleet has answered what it was asked then."""
        if self._trial is not None and asked_s >= self._trial.began_s:
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
        if self._trial is None:
            return
        try:
            await self._evidence.gather(self._trial)
        except StoreError as error:
            self._fault(error.reason)  # without evidence the time runs out all the same
        verdict = self._trial.verdict(self._now_s())
        try:
            if verdict == KEPT:
                await self._perform(Event.PROVED, Subject(self.version, desired=self._in_force.desired))
            elif verdict == RETURNED:
                faults = [*self._trial.faults(), *self._in_force.failures]
                await self._perform(Event.FAILED, Subject(self._trial.version, self._returned_faults(faults)))
        except OSError as error:
            self._fault(f"verdict not kept on the disk: {error}")

    def _found(self, on_trial: OnTrial) -> tuple[Transition, Subject]:
        """What a start makes of a document on trial."""
        desired = self._pinned.trusted(on_trial.answer)
        if self._good is None or desired is None or desired.version <= self.have:
            return step(self._state, Event.FOUND_LEFTOVER), Subject(0)
        if on_trial.starts >= MOST_STARTS:
            fault = f"gateway: started {MOST_STARTS} times under it, and never ran until it was decided"
            return step(self._state, Event.FOUND_SPENT), Subject(desired.version, self._returned_faults([fault]))
        change = plan(self._good.document, desired.document)
        subject = Subject(desired.version, (), desired, change, on_trial.wanted, starts=on_trial.starts + 1)
        return step(self._state, Event.FOUND_TRIAL), subject

    async def _perform(self, event: Event, subject: Subject) -> None:
        """Raises OSError: where a save failed, nothing has happened."""
        transition = step(self._state, event)
        await asyncio.to_thread(_save, self._pinned.files, transition.saves, subject)
        self._enter(transition, subject)
        await asyncio.to_thread(_save, self._pinned.files, transition.records, subject)

    def _enter(self, transition: Transition, subject: Subject) -> None:
        self._state = transition.state
        for action in transition.actions:
            _ACTIONS[action](self, subject)

    def _begin_trial(self, subject: Subject) -> None:
        assert subject.change is not None
        self._evidence.begin(subject.since)
        self._trial = Trial(subject.version, dict(subject.wanted), self._now_s(), self._patience_s(subject.change))

    def _end_trial(self, subject: Subject) -> None:
        self._trial = None

    def _confirm(self, subject: Subject) -> None:
        assert self._trial is not None
        self._trial.applied = not self._in_force.failures
        self._moved.set()

    def _make_good(self, subject: Subject) -> None:
        self._good = subject.desired

    def _bar(self, subject: Subject) -> None:
        self._barred = max(self._barred, subject.version)

    def _apply(self, subject: Subject) -> None:
        if subject.version != self.version:
            self._counters.add("desired.applied")
        self._in_force.put(subject.document)

    def _apply_good(self, subject: Subject) -> None:
        assert self._good is not None
        self._in_force.put(self._good)

    def _report_in_force(self, subject: Subject) -> None:
        self._outcome.decided(self._state, subject.version, self.version, self._in_force.misfits)

    def _report_returned(self, subject: Subject) -> None:
        self._outcome.decided(RETURNED, subject.version, self.version, subject.faults)
        self._counters.add("desired.returned")
        self._fault(f"version {subject.version} returned: {'; '.join(subject.faults)}")

    def _report_refused(self, subject: Subject) -> None:
        self._outcome.decided(REFUSED, subject.version, self.version, subject.faults)

    def _patience_s(self, change: Plan) -> float:
        return self.limit_s + 2 * change.period_ms / 1000

    def _returned_faults(self, faults: list[str]) -> tuple[str, ...]:
        assert self._good is not None
        return (*faults, *self._in_force.lost_settings(self._good))

    def _fault(self, text: str) -> None:
        self._errors.add("desired", text)
        _LOG.warning("desired document", extra={"reason": text})


def _save(files: DesiredFiles, saves: tuple[Save, ...], subject: Subject) -> None:
    """Raises OSError."""
    for save in saves:
        if save is Save.GOOD:
            files.keep(subject.document.answer)
        elif save in (Save.TRIAL, Save.START):
            files.put_on_trial(OnTrial(subject.document.answer, subject.wanted, subject.starts))
        elif save is Save.RETURNED:
            files.give_back(Returned(subject.version, subject.faults))
        else:
            files.end_trial()


_ACTIONS: dict[Action, Callable[[DesiredState, Subject], None]] = {
    Action.BEGIN_TRIAL: DesiredState._begin_trial,
    Action.END_TRIAL: DesiredState._end_trial,
    Action.MAKE_GOOD: DesiredState._make_good,
    Action.APPLY: DesiredState._apply,
    Action.APPLY_GOOD: DesiredState._apply_good,
    Action.CONFIRM: DesiredState._confirm,
    Action.BAR: DesiredState._bar,
    Action.REPORT_KEPT: DesiredState._report_in_force,
    Action.REPORT_ON_TRIAL: DesiredState._report_in_force,
    Action.REPORT_RETURNED: DesiredState._report_returned,
    Action.REPORT_REFUSED: DesiredState._report_refused,
}
