"""The outputs of this machine: what the rules want of each, made to happen, again and again where it is a pattern or did not work."""

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from air.rules.facts import Switched
from gateway.errors import OutputError
from gateway.outputs.output import Output
from gateway.outputs.pattern import is_on, next_change_s
from gateway.telemetry import Telemetry
from gateway.time.clock import Clock

_LOG = logging.getLogger(__name__)
_TRY_AGAIN_S = 5.0
# How long a test of the alarm switches the outputs.
TEST_S = 3


@dataclass
class _State:
    output: Output
    pattern: str | None = None
    since_s: float = 0.0
    until_s: float | None = None
    is_set: bool | None = None
    failed_s: float | None = None


class Switchboard:
    """`outputs`: by the names that rules call them."""

    def __init__(self, outputs: Mapping[str, Output], clock: Clock, telemetry: Telemetry) -> None:
        self._states = {name: _State(output) for name, output in outputs.items()}
        self._clock = clock
        self._counters = telemetry.counters
        self._errors = telemetry.errors
        self._moved = asyncio.Event()

    def switch(self, wanted: Iterable[Switched]) -> None:
        """Done when it returns, as far as the outputs work."""
        now_s = self._clock.monotonic_s()
        for one in wanted:
            state = self._states.get(one.output)
            if state is None:
                self._fault(one.output, "no such output here: name it in [outputs] of gateway.toml")
                continue
            state.pattern, state.since_s = one.pattern, now_s
            state.until_s = now_s + one.for_s if one.for_s else None
            self._counters.add("outputs.switched")
            _LOG.info("output", extra={"output": one.output, "pattern": one.pattern, "for_s": one.for_s})
            self._apply(one.output, state, now_s)
        self._moved.set()

    def restore(self, wanted: Iterable[Switched]) -> None:
        """What is to be on, and all others off: at a start, and when the rules change. What is as it should be is left alone."""
        on = {one.output: one for one in wanted}
        for name, state in self._states.items():
            if name not in on or state.is_set is None or state.pattern != on[name].pattern:
                on.setdefault(name, Switched(name, None, 0))
            else:
                del on[name]
        self.switch(on.values())

    def test(self) -> None:
        """Every output that no alarm holds, on for a moment."""
        self.switch([Switched(name, "on", TEST_S) for name, state in self._states.items() if state.pattern is None])

    def states(self) -> dict[str, str | None]:
        """By name the pattern that is wanted of each; None: off."""
        return {name: state.pattern for name, state in self._states.items()}

    async def run(self) -> None:
        """Patterns, ends and second tries, for ever."""
        while True:
            now_s = self._clock.monotonic_s()
            for name, state in self._states.items():
                self._apply(name, state, now_s)
            self._moved.clear()
            due_s = min((due for state in self._states.values() if (due := _next_due_s(state, now_s)) is not None), default=None)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(due_s):
                    await self._moved.wait()

    def _apply(self, name: str, state: _State, now_s: float) -> None:
        if state.until_s is not None and now_s >= state.until_s:
            state.pattern = state.until_s = None
        wanted = state.pattern is not None and is_on(state.pattern, now_s - state.since_s)
        if wanted == state.is_set or (state.failed_s is not None and now_s < state.failed_s + _TRY_AGAIN_S):
            return
        try:
            state.output.set(wanted)
            state.is_set, state.failed_s = wanted, None
        except OutputError as error:
            state.is_set, state.failed_s = None, now_s
            self._fault(name, error.reason)

    def _fault(self, name: str, reason: str) -> None:
        self._counters.add("outputs.failures")
        self._errors.add("outputs", f"{name}: {reason}")
        _LOG.error("output", extra={"output": name, "reason": reason})


def _next_due_s(state: _State, now_s: float) -> float | None:
    """After how long this output has something to do."""
    dues = [state.until_s - now_s] if state.until_s is not None else []
    if state.failed_s is not None:
        dues.append(state.failed_s + _TRY_AGAIN_S - now_s)
    change_s = next_change_s(state.pattern, now_s - state.since_s) if state.pattern is not None else None
    dues += [] if change_s is None else [change_s]
    return max(0.001, min(dues)) if dues else None
