"""Settings on trial under random acts, with the power cut at any write of any of them: the last kept settings are in force, or those on
trial, and never a third; what was kept is never lost."""

import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from node.settings_store import SettingsStore
from node.stored_pair import StoredPair
from node.trial_record import TrialRecord

SHIPPED_PERIOD_MS = 5000


class PowerCutError(Exception):
    pass


class Power:
    """`writes_left`: how many writes succeed before the cut; None: no cut. Of the cut one, `torn` bytes reach the flash."""

    def __init__(self) -> None:
        self.writes_left: int | None = None
        self.torn = 0


class CutPair(StoredPair):
    def __init__(self, path: str, power: Power) -> None:
        super().__init__(path)
        self._path = path
        self._power = power

    def write(self, number: int, content: bytes) -> None:
        if self._power.writes_left is None:
            super().write(number, content)
        elif self._power.writes_left:
            self._power.writes_left -= 1
            super().write(number, content)
        else:
            self._tear(number, content)
            raise PowerCutError

    def _tear(self, number: int, content: bytes) -> None:
        newest = self._newest
        super().write(number, content)
        file = Path(self._path + ("-a" if newest else "-b"))
        file.write_bytes(file.read_bytes()[: self._power.torn])


def started(folder: str, power: Power) -> SettingsStore:
    store = SettingsStore(CutPair(f"{folder}/s", power), TrialRecord(CutPair(f"{folder}/t", power)), {"period_ms": SHIPPED_PERIOD_MS}, list)
    store.load()
    return store


class Node:
    """A node's settings, beside what they may be: `kept` after a cut in the act of keeping is either, until a start shows which."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._power = Power()
        self._version = 0
        self.store = started(folder, self._power)
        self.kept = {self.in_force}

    @property
    def in_force(self) -> tuple[int, int]:
        return self.store.version, self.store.settings["period_ms"]

    def act(self, act: str, cut_after: int | None, torn: int) -> None:
        before, was_on_trial = self.in_force, self.store.on_trial
        self._power.writes_left, self._power.torn = cut_after, torn
        is_cut = False
        try:
            self._perform(act)
        except PowerCutError:
            is_cut = True
        self._power.writes_left = None
        if act == "keep" and was_on_trial:
            self.kept = self.kept | {before} if is_cut else {before}
        if is_cut:
            self.store = started(self._folder, self._power)
        offered = {(self._version, 1000 + self._version)} if act == "offer" else set()
        assert self.in_force in {before} | self.kept | offered
        if not self.store.on_trial:
            assert self.in_force in self.kept
            self.kept = {self.in_force}

    def _perform(self, act: str) -> None:
        if act == "offer":
            self._version += 1
            assert self.store.offer(self._version, {"period_ms": 1000 + self._version}) == []
        elif act == "start":
            self.store = started(self._folder, self._power)
        elif self.store.on_trial:
            (self.store.keep if act == "keep" else self.store.give_back)()


ACTS = st.sampled_from(["offer", "offer", "keep", "give_back", "start"])


def without_cuts(*acts: str) -> list[tuple[str, None, int]]:
    return [(act, None, 0) for act in acts]


@settings(deadline=None)
@example(acts=without_cuts("offer", "keep", "offer", "offer", "give_back"))
@given(acts=st.lists(st.tuples(ACTS, st.none() | st.integers(0, 1), st.integers(0, 12)), max_size=12))
def test_a_cut_at_any_write_leaves_the_kept_settings_or_those_on_trial(acts: list[tuple[str, int | None, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        node = Node(folder)
        for act in acts:
            node.act(*act)
