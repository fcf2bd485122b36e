"""Work in the background, on both databases: once, by the holder of the lease, whatever ends it; and one that fails stops no other."""

import asyncio
import threading

import pytest
from sqlalchemy import Connection

from fleet.background import lease, outcomes
from fleet.background.held import LONG_WRITES, Turn
from fleet.background.periodic import Periodic
from fleet.background.runner import WORK_FAILED
from fleet.errors import LeaseLostError, OverloadedError
from fleet.store.writer import MAX_WAITING
from fleet.tests.background_bench import WITHIN_S, Bench, add_one, until
from fleet.tests.district import START_MS


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
        await until(lambda: bench.count("good") >= 3 and bench.counts[f"{WORK_FAILED}.bad"] >= 1)
        await until(lambda: bool(bench.read(outcomes.outcomes)))
        bad = bench.read(lambda connection: outcomes.outcome_of(connection, "bad"))
    assert (bad.done_ms, bad.failed_ms, bad.fault) == (None, START_MS, "ZeroDivisionError: of the sensor") and bad.failures >= 1
    assert "bad failed" in caplog.text


async def test_the_lease_is_renewed_while_more_waits_than_the_background_may_write(bench: Bench) -> None:
    held, go = bench.held(), threading.Event()
    bench.writer.submit(lambda _: go.wait(WITHIN_S))
    waiting = [bench.writer.submit(lambda _: None) for _ in range(MAX_WAITING // 2)]
    with pytest.raises(OverloadedError):
        await held.write(add_one("late"))
    renewed = asyncio.create_task(held.write_at_once(lambda connection: lease.renew(connection, held.lease, START_MS + 5000)))
    await asyncio.sleep(0)
    go.set()
    await renewed
    assert all(one.done() for one in waiting)
    assert bench.read(lease.find).until_ms > START_MS + 5000


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
