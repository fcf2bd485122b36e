"""Every pair of state and event is named; whatever comes, with a power cut at any write, the old document or the new one is in force."""

import asyncio
import tempfile
from contextlib import AsyncExitStack, suppress
from itertools import product
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.desired.lifecycle import EMPTY, KEPT, ON_TRIAL, STATES, TABLE, Action, Event, MissingTransitionError, Save, step
from gateway.errors import DesiredError
from gateway.tests.desired_box import Box, answer, started
from gateway.tests.power_cuts import CUTS, PowerCutError
from gateway.tests.site import desired_node

# Pairs that cannot come, and why.
_AT_A_START = "asked only at a start, before anything else happened"
_NO_GOOD = "without a good document there is nothing to return to: no trial begins"
_NO_TRIAL = "nothing is on trial"
IMPOSSIBLE = {
    (EMPTY, Event.FOUND_TRIAL): _NO_GOOD,
    (EMPTY, Event.FOUND_SPENT): _NO_GOOD,
    (EMPTY, Event.CHANGED): _NO_GOOD,
    (EMPTY, Event.PROVED): _NO_TRIAL,
    (EMPTY, Event.FAILED): _NO_TRIAL,
    (KEPT, Event.FOUND_GOOD): _AT_A_START,
    (KEPT, Event.PROVED): _NO_TRIAL,
    (KEPT, Event.FAILED): _NO_TRIAL,
    (ON_TRIAL, Event.FOUND_GOOD): _AT_A_START,
    (ON_TRIAL, Event.FOUND_RETURNED): _AT_A_START,
    (ON_TRIAL, Event.FOUND_TRIAL): _AT_A_START,
    (ON_TRIAL, Event.FOUND_SPENT): _AT_A_START,
    (ON_TRIAL, Event.FOUND_LEFTOVER): _AT_A_START,
}


def test_every_pair_of_state_and_event_is_named() -> None:
    assert TABLE.keys().isdisjoint(IMPOSSIBLE)
    assert {*TABLE, *IMPOSSIBLE} == set(product(STATES, Event))


@pytest.mark.parametrize(("state", "event"), IMPOSSIBLE, ids=lambda part: part if isinstance(part, str) else part.name)
def test_a_pair_that_cannot_come_is_an_error(state: str, event: Event) -> None:
    with pytest.raises(MissingTransitionError):
        step(state, event)


def test_what_comes_into_force_is_on_the_disk_before_and_a_return_does_not_wait_for_it() -> None:
    for (_, event), transition in TABLE.items():
        if Action.APPLY in transition.actions and event is not Event.FOUND_GOOD:
            assert transition.saves, event
        if Action.APPLY_GOOD in transition.actions:
            assert (transition.saves, transition.records) == ((), (Save.RETURNED,)), event


def test_a_trial_begins_and_ends_with_its_state() -> None:
    for (state, event), transition in TABLE.items():
        assert (Action.BEGIN_TRIAL in transition.actions) == (transition.state == ON_TRIAL and event is not Event.INVALID), event
        if state == ON_TRIAL != transition.state:
            assert Action.END_TRIAL in transition.actions, event


class Step(NamedTuple):
    """`cut`: the power goes before that change of a file, counted from here; then, or after `restart`, the gateway starts again."""

    act: str
    cut: int | None


ACTS = ("change", "no change", "refused", "receipt", "wait", "decide", "restart")
steps = st.lists(st.builds(Step, st.sampled_from(ACTS), st.one_of(st.none(), st.none(), st.integers(0, 4))), max_size=20)


def _document(version: int, rule: int) -> bytes:
    return answer(version, desired_node("n-1"), rules=[{"id": f"r{rule}", "version": 1, "kind": "silent"}])


class Player:
    """Does to a gateway what the steps say, and knows which documents may be in force."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.newest = 1
        self.good_rule = 1
        self.rules = {1: 1}  # version -> the one rule in it
        self.good = {1}  # versions of which one is the last good one
        self.tried = {1}  # and those of which one may be on trial

    async def play(self, series: list[Step]) -> None:
        async with AsyncExitStack() as stack:
            box = await stack.enter_async_context(started(self.state))
            await box.desired.take(_document(1, 1))
            for one in series:
                try:
                    with CUTS.after(f"{self.state}/desired", one.cut if one.cut is not None else 1000):
                        await self._act(box, one.act)
                    is_over = one.act == "restart"
                except PowerCutError:
                    is_over = True
                if is_over:
                    await stack.aclose()
                    box = await stack.enter_async_context(started(self.state))
                self._check(box)
            await self._decided(box)

    async def _act(self, box: Box, act: str) -> None:
        if act in ("change", "no change", "refused"):
            self.newest = max(self.newest, box.desired.have) + 1
            rule = self.newest if act == "change" else self.rules[min(self.good)]
            self.rules[self.newest] = rule
            document = _document(self.newest, rule)
            if act == "refused":
                document = document.replace(b'"g-01"', b'"g-02"')
            else:
                (self.tried if act == "change" else self.good).add(self.newest)
            with suppress(DesiredError):
                await box.desired.take(document)
        elif act == "receipt":
            box.receipt()
        elif act == "wait":
            box.now_s += 700
        elif act == "decide":
            self.good |= {box.desired.version}
            await box.desired.decide()

    def _check(self, box: Box) -> None:
        version = box.desired.version
        assert box.counters["desired.pinned_bad"] == 0, "every file is whole"
        if box.desired.on_trial:
            assert version in self.tried
        else:
            assert version in self.good
            self.good, self.tried = {version}, {version}

    async def _decided(self, box: Box) -> None:
        """In the end one of the two is in force, and stays over a start."""
        box.now_s += 10_000
        await box.desired.decide()
        assert not box.desired.on_trial
        async with started(self.state) as again:
            assert (again.desired.version, again.desired.on_trial) == (box.desired.version, False)


@given(steps)
@settings(max_examples=60, deadline=None)
def test_kills_at_any_write_leave_the_old_document_or_the_new_one(series: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(Player(Path(folder)).play(series))
