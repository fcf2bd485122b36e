"""Live evaluation on the gateway, with its store, saves, stops and kills, reports what a replay of the same reports does."""

import asyncio
import contextlib
import json
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import example, given, settings
from hypothesis import strategies as st

from air.calibration.apply import plain
from air.rules.facts import Report, Switched
from air.rules.history import replay
from contract.messages import REPORT
from contract.quality import NO_REPLY, OK
from contract.quantities import ID
from contract.site.alarm_events import CLEAR, KEY, RAISE
from contract.site.rules import faults
from gateway.desired.document import Desired, DesiredNode
from gateway.evaluation import alarm_events
from gateway.evaluation.actions import Actions
from gateway.evaluation.evaluation import Evaluation
from gateway.evaluation.faster import FasterRequests
from gateway.items import Row
from gateway.outputs.hooks import Hooks
from gateway.outputs.switchboard import Switchboard
from gateway.store.site.dating import Limits
from gateway.tests.conftest import until
from gateway.tests.parts import CLOCK, make_telemetry, make_writer
from gateway.time.site_clock import SYSTEM, Moment
from gateway.time.site_time import SiteTime

T0_MS = 1_800_000_000_000
_NODE, _BOOT, _GATEWAY = "n-1", "0000000100000001", "gw-east"
_PM2_5, _PM10 = ID["pm2_5_atm"], ID["pm10_atm"]


def _rule(id_: str, **keys: Any) -> dict[str, Any]:
    return {"id": id_, "version": 1, "kind": "level", "quantity": "pm2_5_atm", "window_s": 60, **keys}


_SIREN = {"outputs": [{"output": "siren"}]}
RULES = [
    _rule("level", **{"raise": 150, "clear": 100}, **_SIREN),
    _rule("held", hold_s=40, clear_hold_s=30, severity="warning", outputs=[{"output": "siren", "pattern": "blink"}], **{"raise": 120}),
    _rule("highest", statistic="max", severity="notice", **{"raise": 250}, **_SIREN),
    _rule("rise", kind="rate", per="minute", least_share=20, **{"raise": 60, "clear": 20}),
    _rule("dust", kind="ratio", quantity="pm10_atm", under="pm2_5_atm", **{"raise": 3}),
    _rule("sensor", kind="health", **{"raise": 50, "clear": 20}),
    _rule("still", kind="stuck"),
]  # fmt: skip
assert faults(RULES) == []


class Step(NamedTuple):
    """One report, `gap_s` after the one before, `late_s` after its period; then what happens to the gateway."""

    value: int | None
    pm10: int
    gap_s: int
    late_s: int
    then: str


steps = st.lists(
    st.builds(
        Step,
        st.one_of(st.none(), st.integers(0, 300)),
        st.integers(0, 900),
        st.sampled_from([0, 0, 0, 5, 70]),
        st.sampled_from([0, 0, 0, 25, 50]),
        st.sampled_from(["", "", "kill", "kill before it is judged"]),
    ),
    min_size=1,
    max_size=14,
)


class _TestTime(SiteTime):
    """Stands where the test puts it."""

    def __init__(self) -> None:
        # Both clocks pass together: a jump of one against the other makes the windows anew.
        clock = replace(CLOCK, monotonic_s=lambda: self.at_ms / 1000, monotonic_ms=lambda: self.at_ms)
        self.at_ms = T0_MS
        super().__init__(clock, 0, trusts_system=True)

    def now(self) -> Moment:
        return Moment(self.at_ms, 0, SYSTEM)


class _Siren:
    def set(self, is_on: bool) -> None:
        pass


class Arrival(NamedTuple):
    at_ms: int
    row: Row
    report: Report


def arrivals(series: list[Step]) -> list[Arrival]:
    """In the order of the periods' ends; a late report comes behind all earlier ones."""
    made, start_ms, now_ms = [], T0_MS, T0_MS
    for seq, step in enumerate(series):
        start_ms += 1000 * step.gap_s
        code = OK if step.value is not None else NO_REPLY
        numbers = [] if step.value is None else [100 * step.value] * 3
        channels = [[0, _PM2_5, code, 10 if numbers else 0, *numbers], [0, _PM10, OK, 10, *[100 * step.pm10] * 3]]
        now_ms = max(now_ms, start_ms + 10_000 + 1000 * step.late_s)
        row = Row(_NODE, _BOOT, seq, REPORT, now_ms, 0, 10_000, start_ms, 0, json.dumps({"ch": channels}).encode())
        made.append(Arrival(now_ms, row, Report(_NODE, _BOOT, seq, start_ms, 10_000, 0, tuple(plain(one) for one in channels))))
        start_ms += 10_000
    return made


class LiveSite:
    """The store of a gateway, and its evaluation from start to stop or kill, again and again."""

    def __init__(self, folder: Path) -> None:
        self.telemetry = make_telemetry(lambda: 0)
        self.counters, self.errors = self.telemetry.counters, self.telemetry.errors
        self.time = _TestTime()
        self.writer = make_writer(folder, self.telemetry, limits=Limits(0, 0, 86_400_000), station=_GATEWAY, site=self.time)
        self._due = 0  # count of judgements when everything that was fed is judged

    @contextlib.asynccontextmanager
    async def evaluation(self) -> AsyncIterator[None]:
        """From a start until it is killed: nothing is saved at the end."""
        self.board = Switchboard({"siren": _Siren()}, CLOCK, self.telemetry)
        actions = Actions(self.board, Hooks({}, self.telemetry), FasterRequests(), self.counters, CLOCK)
        evaluation = Evaluation(self.writer, actions, self.counters, self.errors, self.time)
        self.writer.on_thread = evaluation.committed
        document = {"rules": RULES, "calibrations": [], "gateway": _GATEWAY}
        evaluation.take(Desired(1, (DesiredNode(_NODE, b"", {}, 1),), document, b""))
        self._due = self.counters["rules.judged"] + await self.writer.call(lambda store: _count_behind_cursor(store.connection))
        self._wake = evaluation.wake
        task = asyncio.create_task(evaluation.run())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def feed(self, arrival: Arrival) -> None:
        """Returns when it is committed."""
        self.time.at_ms = arrival.at_ms
        self.writer.submit([arrival.row], [])
        await self.writer.commit_pending()
        self._due += 1
        self._wake()

    async def all_judged(self) -> None:
        await until(lambda: self.counters["rules.judged"] >= self._due, "all judged", 10)

    async def alarms(self) -> list[dict[str, Any]]:
        """Stored, in their order."""
        query = "SELECT body FROM items WHERE kind = 'event' ORDER BY id"
        events = await self.writer.call(lambda store: store.connection.execute(query).fetchall())
        return [body["a"] for (text,) in events if (body := json.loads(text))["k"] == KEY]


def _count_behind_cursor(connection: sqlite3.Connection) -> int:
    query = "SELECT count(*) FROM items WHERE kind = ? AND id > (SELECT cursor FROM evaluation)"
    return int(connection.execute(query, (REPORT,)).fetchone()[0])


Outcome = tuple[list[dict[str, Any]], dict[str, str | None]]
"""Raises and clears in their order, and what the outputs are to do in the end."""


async def live(series: list[Step], expected: Outcome) -> Outcome:
    """What is stored; given some time to become what is expected."""
    with tempfile.TemporaryDirectory() as folder:
        site = LiveSite(Path(folder))
        await site.writer.open()
        fed = iter(zip(arrivals(series), series, strict=True))
        is_over = False
        while not is_over:
            async with site.evaluation():
                await site.all_judged()
                is_over = await _feed_until_restart(site, fed)
                if is_over:
                    outcome = await _outcome(site, expected)
        await site.writer.close()
        return outcome


async def _feed_until_restart(site: LiveSite, fed: Iterator[tuple[Arrival, Step]]) -> bool:
    """Whether that was all."""
    for arrival, step in fed:
        await site.feed(arrival)
        if step.then != "kill before it is judged":
            await site.all_judged()
        if step.then:
            return False
    return True


async def _outcome(site: LiveSite, expected: Outcome) -> Outcome:
    outcome: Outcome = [], {}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(5):
            while outcome != expected:
                await asyncio.sleep(0.005)
                outcome = _turns(await site.alarms()), site.board.states()
    return outcome


def _turns(particulars: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Raises and clears. When data are said to be missing goes by the ticks, which the machine's time gives here; for the same reason no
    rule has a schedule: its end is a tick."""
    return [one for one in particulars if one["phase"] in (RAISE, CLEAR)]


def replayed(series: list[Step]) -> Outcome:
    facts = list(replay(RULES, [_NODE, _GATEWAY], CLOCK.utc_offset_ms, [(one.at_ms, one.report) for one in arrivals(series)]))
    off: dict[str, str | None] = {"siren": None}
    turns = _turns(found for fact in facts if (found := alarm_events.particulars(fact)))
    return json.loads(json.dumps(turns)), off | {fact.output: fact.pattern for fact in facts if isinstance(fact, Switched)}


def high_and_low(then: str) -> list[Step]:
    return [Step(value, 100, 0, 0, then) for value in (200, 250, 300, 280, 260, 200, 150, 100, 50, 10, 10, 10, 10, 10)]


# The last one comes late, and after the kill the five before it are judged again: in their order, or "rise" is raised for a moment.
LATE_AFTER_A_KILL = [
    *[Step(None, 0, 0, 0, "")] * 7,
    *[Step(0, 0, 0, 0, "")] * 2,
    Step(10, 0, 0, 50, "kill before it is judged"),
]


@given(steps)
@example(high_and_low(""))
@example(high_and_low("kill"))
@example(high_and_low("kill before it is judged"))
@example(high_and_low("kill")[:5])
@example(LATE_AFTER_A_KILL)
@settings(max_examples=25, deadline=None)
def test_kills_and_restarts_anywhere_report_each_fact_of_a_replay_once(series: list[Step]) -> None:
    expected = replayed(series)
    assert asyncio.run(live(series, expected)) == expected


def test_the_series_above_raises_and_clears() -> None:
    facts, _ = replayed(high_and_low(""))
    assert {(one["rule"], one["phase"]) for one in facts} >= {
        (rule, phase) for rule in ("level", "held", "highest") for phase in ("raise", "clear")
    }
