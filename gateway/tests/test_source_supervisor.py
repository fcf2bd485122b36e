"""Sources side by side: one that crashes or has no device is counted and shown, and the others do not notice."""

import asyncio
from collections.abc import AsyncIterator
from random import Random
from typing import Any, cast

import pytest

from gateway.errors import PortError
from gateway.ports.source_status import RUNNING, SourceStatus
from gateway.process.supervision import Supervision
from gateway.sources.kinds import SourceContext
from gateway.sources.source import Source
from gateway.sources.source_supervisor import SourceSupervisor
from gateway.tests.conftest import until
from gateway.tests.parts import CLOCK, make_site, make_telemetry


class Counted:
    """Periods that are counted instead of said."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended = 0

    async def run(self) -> None:
        self.begun += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.ended += 1


class Scripted:
    """A source that does what its name says, each time that it is run."""

    def __init__(self, source: dict[str, Any], device: str) -> None:
        self.periods: Counted | None = Counted()
        self.status = SourceStatus(source["kind"], source["port"])
        self.source = source
        self.device = device
        self.runs = 0
        self.stopped = False

    def instruments(self) -> list[list[Any]]:
        return [[self.source["slot"], "part", ""]]

    async def run(self) -> None:
        self.runs += 1
        if self.source["source"] == "crashing":
            raise LookupError("on purpose")
        if self.source["source"] == "pulled":
            raise PortError(self.device, "gone")
        self.status.state = RUNNING
        try:
            await asyncio.Event().wait()
        finally:
            self.stopped = True


class Published:
    def __init__(self) -> None:
        self.items: list[tuple[str, dict[str, Any]]] = []

    def publish_now(self, kind: str, fields: dict[str, Any]) -> None:
        self.items.append((kind, fields))

    def expect(self, mobile: bool) -> None:
        assert not mobile


class Site:
    def __init__(self) -> None:
        telemetry = make_telemetry()
        self.counters, self.errors = telemetry.counters, telemetry.errors
        self.publisher = Published()
        self.made: dict[str, Scripted] = {}
        self.supervision = Supervision(telemetry, Random(1), CLOCK)
        context = SourceContext(cast(Any, self.publisher), cast(Any, self.publisher), cast(Any, None), self.counters, make_site())
        ports = {"a": "/dev/a", "b": "/dev/b", "c": "/dev/c"}
        self.supervisor = SourceSupervisor(ports, context, self.supervision, self.errors, {"scripted": self._make, "nodes": self._make})
        self.supervision.start("sources", self.supervisor.run)

    def _make(self, source: dict[str, Any], device: str, context: SourceContext) -> Source:
        if source["source"] == "impossible":
            raise LookupError("on purpose")
        self.made[source["source"]] = made = Scripted(source, device)
        return made

    async def desire(self, *sources: dict[str, Any]) -> None:
        self.supervisor.desire(list(sources))
        await until(lambda: set(self.supervisor.documents()) == {source["source"] for source in sources}, "reconciled")

    def states(self) -> dict[str, str]:
        return {name: document["state"] for name, document in self.supervisor.documents().items()}


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    yield site
    await site.supervision.stop()


def scripted(name: str, port: str, slot: int = 0) -> dict[str, Any]:
    return {"source": name, "kind": "scripted", "port": port, "slot": slot}


async def test_one_that_crashes_and_one_without_its_device_leave_the_others_alone(site: Site) -> None:
    await site.desire(scripted("well", "a"), scripted("crashing", "b", 1), scripted("pulled", "c", 2), scripted("unmapped", "d", 3))
    await until(lambda: site.made["crashing"].runs >= 3 and site.made["pulled"].runs >= 3, "tried again")
    assert site.states() == {"well": "running", "crashing": "crashed", "pulled": "waiting", "unmapped": "no_port"}
    assert site.made["well"].runs == 1
    assert site.counters["sources.crashed"] >= 2 and site.counters["sources.lost"] >= 2
    assert site.made["unmapped"].runs == 0


async def test_one_that_cannot_be_made_is_told_and_those_behind_it_are_started(site: Site) -> None:
    await site.desire(scripted("impossible", "a"), scripted("well", "b", 1))
    await until(lambda: "well" in site.made and site.made["well"].runs, "running")
    assert site.states() == {"impossible": "crashed", "well": "running"}
    assert [(line.place, line.text) for line in site.errors.pop_all()] == [("source impossible", "cannot be made: LookupError: on purpose")]
    assert site.counters["sources.crashed"] == 1
    await site.desire(scripted("well", "b", 1))
    assert site.made["well"].runs == 1, "undisturbed when the impossible one is taken away"


async def test_periods_are_accounted_for_whatever_becomes_of_the_source(site: Site) -> None:
    await site.desire(scripted("well", "a"), scripted("crashing", "b", 1), scripted("pulled", "c", 2), scripted("unmapped", "d", 3))
    await until(lambda: site.made["crashing"].runs >= 2 and site.made["pulled"].runs >= 2, "tried again")
    counted = [made.periods for made in site.made.values() if made.periods]
    assert [(one.begun, one.ended) for one in counted] == [(1, 0)] * 4
    await site.desire()
    assert [(one.begun, one.ended) for one in counted] == [(1, 1)] * 4


async def test_readers_stop_before_lines_of_nodes_and_have_their_last_words(site: Site) -> None:
    await site.desire(scripted("well", "a"), scripted("line", "b", 1) | {"kind": "nodes"})
    await until(lambda: len(site.made) == 2 and all(made.runs for made in site.made.values()), "running")
    await site.supervisor.stop_reading()
    assert (site.made["well"].stopped, site.made["line"].stopped) == (True, False)
    periods = site.made["well"].periods
    assert periods and periods.ended == 1


async def test_only_what_changed_is_started_anew(site: Site) -> None:
    await site.desire(scripted("one", "a"), scripted("other", "b", 1))
    await until(lambda: len(site.made) == 2 and site.made["one"].runs, "running")
    one, other = site.made["one"], site.made["other"]
    await site.desire(scripted("one", "a"), scripted("other", "c", 1))
    await until(lambda: site.made["other"] is not other and site.made["other"].runs, "the changed one anew")
    assert other.stopped and not one.stopped and site.made["one"] is one and site.made["other"].device == "/dev/c"
    await site.desire()
    assert one.stopped


async def test_a_hello_lists_the_instruments_whenever_they_have_changed(site: Site) -> None:
    await site.desire(scripted("one", "a"))
    await until(lambda: site.publisher.items, "told")
    await site.desire(scripted("one", "a"), scripted("other", "b", 4))
    await site.desire(scripted("one", "b"), scripted("other", "a", 4))
    await until(lambda: site.made["one"].device == "/dev/b", "moved")
    await site.desire()
    await until(lambda: len(site.publisher.items) == 3, "told")
    assert [kind for kind, _ in site.publisher.items] == ["hello"] * 3
    assert [[one[0] for one in fields["sn"]] for _, fields in site.publisher.items] == [[0], [0, 4], []]
