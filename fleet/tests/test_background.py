"""Work in the background, on both databases: once, by the holder of the lease, whatever ends it; and one that fails stops no other."""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from anyio import CapacityLimiter
from sqlalchemy import Connection, Engine, select

from fleet.background import jobs, lease, outcomes
from fleet.background.held import LONG_WRITES, Desk, Held, Turn
from fleet.background.job_lane import JOBS_FAILED, JobLane, JobStep, Progress
from fleet.background.jobs import Claimed, Job
from fleet.background.old_jobs import KEPT_MS, OLD_JOBS
from fleet.background.periodic import Periodic
from fleet.background.runner import FAILED, Runner, Work
from fleet.devices.tables import limit_counter
from fleet.errors import LeaseLostError, OverloadedError
from fleet.people.audit import verify_piece
from fleet.people.audit_chain import FIRST, Head, Whole
from fleet.store.dialect import add_to_counter, for_reading, for_writing
from fleet.store.engine import open_store, sqlite_url
from fleet.store.reading import Reader
from fleet.store.writer import Writer
from fleet.tests.district import START_MS, District, SetClock

WITHIN_S = 30


class Bench:
    """A store, its writer, and runners on it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.writer = Writer(engine)
        self.time = SetClock()
        self.counts = Counter[str]()

    def desk(self) -> Desk:
        threads = CapacityLimiter(4)
        reader = Reader(for_reading(self.engine), threads, self.counts)
        return Desk(reader, self.writer, self.time.clock(), threads, self.counts, Random(1))

    def write(self, work: Callable[[Connection], Any]) -> Any:
        return self.writer.submit(work).result(WITHIN_S)

    def read(self, work: Callable[[Connection], Any]) -> Any:
        with self.engine.connect() as connection:
            return work(connection)

    def lease(self, holder: str = "a:1") -> lease.Lease:
        taken = self.write(lambda connection: lease.take(connection, lease.find(connection), holder, START_MS))
        assert isinstance(taken, lease.Lease)
        return taken

    def held(self, holder: str = "a:1") -> Held:
        return Held(self.desk(), self.lease(holder))

    def count(self, name: str) -> int:
        query = select(limit_counter.c.count).where(limit_counter.c.name == name)
        return int(self.read(lambda connection: connection.execute(query).scalar()) or 0)

    def job(self, id_: int) -> Job:
        found: Job = self.read(lambda connection: jobs.job_of(connection, id_))
        return found

    def ask(self, kind: str = "count", **parameters: Any) -> int:
        return int(self.write(lambda connection: jobs.ask(connection, kind, "ada", parameters, START_MS))[0].id)

    @asynccontextmanager
    async def running(self, *works: Work) -> AsyncIterator[None]:
        task = asyncio.create_task(Runner(self.desk(), works, "a:1", alone=True).run())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def bench(tmp_path: Path, db: str | None) -> Iterator[Bench]:
    engine = open_store(db or sqlite_url(tmp_path / "x.sqlite"))
    made = Bench(engine)
    made.writer.start()
    yield made
    made.writer.stop()
    engine.dispose()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not true():
            await asyncio.sleep(0.01)


def add_one(name: str) -> Callable[[Connection], None]:
    return lambda connection: add_to_counter(connection, limit_counter, {"name": name, "count": 1})


def counting(name: str, every_s: float = 0.01) -> Periodic:
    def step(turn: Turn) -> bool:
        turn.write(add_one(name))
        return False

    return Periodic(name, every_s, step)


async def test_a_work_that_fails_is_written_down_and_stops_no_other(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    def fail(turn: Turn) -> bool:
        turn.write(add_one("half"))
        raise ZeroDivisionError("of the sensor")

    async with bench.running(Periodic("bad", 0.01, fail), counting("good")):
        await until(lambda: bench.count("good") >= 3 and bench.counts[f"{FAILED}.bad"] >= 1)
        await until(lambda: bool(bench.read(outcomes.outcomes)))
        bad = bench.read(lambda connection: outcomes.outcome_of(connection, "bad"))
    assert (bad.done_ms, bad.failed_ms, bad.fault) == (None, START_MS, "ZeroDivisionError: of the sensor") and bad.failures >= 1
    assert "bad failed" in caplog.text


async def test_a_work_that_works_again_has_no_fault(bench: Bench) -> None:
    faults = iter([ZeroDivisionError(), None, None])

    def step(turn: Turn) -> bool:
        if fault := next(faults, None):
            raise fault
        return False

    async with bench.running(Periodic("shaky", 0.01, step)):
        await until(lambda: bench.read(lambda connection: outcomes.outcome_of(connection, "shaky")).done_ms is not None)
    shaky = bench.read(lambda connection: outcomes.outcome_of(connection, "shaky"))
    assert (shaky.failures, shaky.fault, shaky.failed_ms) == (0, "", START_MS)


@pytest.mark.parametrize(("ago_ms", "expected"), [(0, False), (3_599_000, False), (3_600_000, True), (-5, True)])
async def test_what_was_done_is_not_done_again_by_the_next_holder_before_its_time(bench: Bench, ago_ms: int, expected: bool) -> None:
    bench.write(lambda connection: outcomes.done(connection, "hourly", START_MS - ago_ms))
    async with bench.running(counting("hourly", 3600), counting("other")):
        await until(lambda: bench.count("other") >= 2 and (not expected or bench.count("hourly") == 1))
    assert bench.count("hourly") == expected


async def test_what_another_holder_took_is_not_written_by_the_one_before(bench: Bench) -> None:
    before, after = bench.held("a:1"), bench.held("b:2")
    with pytest.raises(LeaseLostError):
        await before.write(add_one("x"))
    with pytest.raises(LeaseLostError):
        await before.in_thread(lambda turn: turn.write(add_one("x")))
    await after.write(add_one("x"))
    assert bench.count("x") == 1


async def test_a_lease_that_was_renewed_or_taken_meanwhile_is_not_taken(bench: Bench) -> None:
    held = bench.held()
    seen = bench.read(lease.find)
    await held.write(lambda connection: lease.renew(connection, held.lease, START_MS - 5000))
    assert bench.write(lambda connection: lease.take(connection, seen, "b:2", START_MS)) is None
    assert bench.read(lease.find).until_ms == seen.until_ms + 1
    bench.write(lambda connection: lease.give_back(connection, held.lease))
    assert bench.lease("b:2").fence == held.lease.fence + 1
    bench.write(lambda connection: lease.give_back(connection, held.lease))
    assert bench.read(lease.find).until_ms != 0


async def test_a_runner_whose_lease_was_taken_stops_its_works_and_waits(bench: Bench) -> None:
    async with bench.running(counting("work")):
        await until(lambda: bench.count("work") >= 1)
        other = bench.lease("b:2")
        await until(lambda: bench.counts["background_leases_lost"] == 1)
        assert bench.read(lease.find).fence >= other.fence


async def test_a_stopped_runner_gives_its_lease_back(bench: Bench) -> None:
    async with bench.running(counting("work")):
        await until(lambda: bench.count("work") >= 1)
    assert bench.read(lease.find).until_ms == 0


async def test_a_write_that_holds_the_writer_for_long_is_counted(bench: Bench) -> None:
    def slow(_connection: Connection) -> None:
        bench.time.now_ms += 300

    held = bench.held()
    await held.write(slow)
    await held.write(add_one("x"))
    assert bench.counts[LONG_WRITES] == 1


def lanes(steps: dict[str, JobStep], number: int = 1) -> list[JobLane]:
    under_way: set[int] = set()
    return [JobLane(f"lane {one}", steps, under_way) for one in range(number)]


def count_to_five(turn: Turn, claimed: Claimed) -> Progress:
    at = claimed.cursor or 0
    if at == 5:
        return Progress(5, 5, 5, result={"counted": at})
    return Progress(at + 1, 5, at + 1, add_one("counted"))


async def test_a_job_is_done_in_steps_and_says_how_far_it_is(bench: Bench) -> None:
    job = bench.ask(to=5)
    assert (bench.job(job).state, bench.job(job).who, bench.job(job).parameters) == ("queued", "ada", {"to": 5})
    async with bench.running(*lanes({"count": count_to_five}, 2)):
        await until(lambda: bench.job(job).state == "done")
    done = bench.job(job)
    assert (done.done, done.total, done.result, done.fault) == (5, 5, {"counted": 5}, "")
    assert bench.count("counted") == 5 and done.started_ms == done.ended_ms == START_MS


async def test_another_holder_goes_on_where_a_job_was_left_and_nothing_is_done_twice(bench: Bench) -> None:
    job = bench.ask()
    first = bench.held("a:1")
    reached, go = threading.Event(), threading.Event()

    def stops_at_three(turn: Turn, claimed: Claimed) -> Progress:
        if claimed.cursor == 3:
            reached.set()
            assert go.wait(WITHIN_S)
        return count_to_five(turn, claimed)

    task = asyncio.create_task(lanes({"count": stops_at_three})[0].run(first))
    await until(reached.is_set)
    second = asyncio.create_task(lanes({"count": count_to_five})[0].run(bench.held("b:2")))
    await until(lambda: bench.job(job).state == "done")
    go.set()
    with pytest.raises(LeaseLostError):
        await task
    second.cancel()
    assert bench.count("counted") == 5 and bench.job(job).result == {"counted": 5}


async def test_a_job_that_fails_says_why_and_the_next_one_is_done(bench: Bench) -> None:
    def fail(turn: Turn, claimed: Claimed) -> Progress:
        raise ValueError("no such year")

    bad, good = bench.ask("bad"), bench.ask("count")
    async with bench.running(*lanes({"bad": fail, "count": count_to_five})):
        await until(lambda: bench.job(good).state == "done")
    assert (bench.job(bad).state, bench.job(bad).fault) == ("failed", "ValueError: no such year")
    assert bench.counts[JOBS_FAILED] == 1


async def test_a_job_that_ends_the_process_each_time_is_given_up(bench: Bench) -> None:
    job = bench.ask()
    for _ in range(jobs.MOST_STARTS):
        assert bench.write(lambda connection: jobs.start(connection, job, START_MS))
    assert bench.write(lambda connection: jobs.start(connection, job, START_MS)) is None
    assert (bench.job(job).state, bench.job(job).fault) == ("failed", "given up: begun 5 times without any progress")


async def test_a_job_is_cancelled_before_it_begins_or_after_a_step(bench: Bench) -> None:
    waiting = bench.ask(number=1)
    bench.write(lambda connection: jobs.cancel(connection, waiting, START_MS))
    assert bench.job(waiting).state == "cancelled"
    assert bench.write(lambda connection: jobs.cancel(connection, waiting, START_MS + 5)) == bench.job(waiting)
    job = bench.ask(number=2)

    def cancels_itself(turn: Turn, claimed: Claimed) -> Progress:
        if claimed.cursor == 2:
            turn.write(lambda connection: jobs.cancel(connection, job, START_MS))
        return count_to_five(turn, claimed)

    async with bench.running(*lanes({"count": cancels_itself})):
        await until(lambda: bench.job(job).state == "cancelled")
    assert (bench.job(job).done, bench.count("counted"), bench.job(job).ended_ms) == (3, 3, START_MS)


def test_the_same_job_is_asked_once_and_open_ones_are_bounded(bench: Bench) -> None:
    first, again = bench.ask(year=2026), bench.ask(year=2026)
    assert first == again
    with pytest.raises(OverloadedError):
        for year in range(jobs.MOST_OPEN):
            bench.ask(year=year)
    assert len(bench.read(lambda connection: jobs.jobs(connection, "queued", 1000))) == jobs.MOST_OPEN


def test_jobs_that_ended_long_ago_are_deleted(bench: Bench) -> None:
    old, recent, waiting = (bench.ask(number=number) for number in range(3))
    bench.write(lambda connection: jobs.end(connection, old, "done", START_MS))
    bench.write(lambda connection: jobs.end(connection, recent, "done", START_MS + 2))
    bench.time.now_ms = START_MS + KEPT_MS + 1
    assert not OLD_JOBS.step(Turn(bench.held()))
    assert [job.id for job in bench.read(lambda connection: jobs.jobs(connection, None, 9))] == [waiting, recent]


async def verification(district: District) -> dict[str, Any]:
    answer = await district.admin("POST", "changes/verification", {"reason": "the year"})
    assert answer.status_code == 202, answer.text
    async with asyncio.timeout(WITHIN_S):
        while True:
            job: dict[str, Any] = await district.read(f"jobs/{answer.json()['id']}")
            if job["state"] not in ("queued", "running"):
                return job
            await asyncio.sleep(0.05)


def whole_in_pieces(connection: Connection) -> Head:
    head = Head(0, FIRST)
    while True:
        piece = verify_piece(connection, head, 2)
        assert isinstance(piece, Whole)
        if piece.head == head:
            return head
        head = piece.head


async def test_the_record_of_changes_is_verified_as_a_job(district: District) -> None:
    whole = await verification(district)
    head = district.service.read(whole_in_pieces)
    assert (whole["state"], whole["who"], whole["done"]) == ("done", "ada", head.link)
    assert whole["result"] == {"head": str(head), "erased": 0}
    with for_writing(district.service.gateways._engine).begin() as connection:
        connection.exec_driver_sql("UPDATE change SET what = 'site_retired' WHERE link = 3")
    broken = await verification(district)
    assert broken["state"] == "failed" and "broken at link 3" in broken["fault"]
    works = await district.read("background")
    assert works["number"] == 1 and works["holder"]
    assert [job["state"] for job in (await district.read("jobs", limit=1))["items"]] == ["failed"]
    answer = await district.admin("POST", f"jobs/{broken['id']}/cancellation", {"reason": "no use"})
    assert answer.json() == broken
