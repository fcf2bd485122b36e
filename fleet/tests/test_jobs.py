"""Jobs, on both databases: in steps, once, from where each was left; cancelled, given up and forgotten."""

import asyncio
import threading
from typing import Any

import pytest
from sqlalchemy import Connection

from fleet.background import jobs
from fleet.background.held import Turn
from fleet.background.job_lane import JOBS_FAILED, JobLane, JobStep, Progress
from fleet.background.jobs import Claimed
from fleet.background.old_jobs import KEPT_MS, OLD_JOBS
from fleet.errors import LeaseLostError, OverloadedError
from fleet.people.audit import verify_piece
from fleet.people.audit_chain import FIRST, Head, Whole
from fleet.store.dialect import for_writing
from fleet.tests.background_bench import WITHIN_S, Bench, add_one, until
from fleet.tests.district import START_MS, District


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


async def test_a_busy_store_makes_a_job_wait_and_is_no_failure_of_it(bench: Bench) -> None:
    """More often than a job may be begun."""
    refused = 0

    def busy_at_first(turn: Turn, claimed: Claimed) -> Progress:
        nonlocal refused
        if refused <= jobs.MOST_STARTS:
            refused += 1
            raise OverloadedError(0)
        return count_to_five(turn, claimed)

    job = bench.ask()
    async with bench.running(*lanes({"count": busy_at_first})):
        await until(lambda: bench.job(job).state in ("done", "failed"))
    assert (bench.job(job).state, refused) == ("done", jobs.MOST_STARTS + 1)


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
    assert works["number"] >= 1 and works["holder"]
    assert [job["state"] for job in (await district.read("jobs", limit=1))["items"]] == ["failed"]
    answer = await district.admin("POST", f"jobs/{broken['id']}/cancellation", {"reason": "no use"})
    assert answer.json() == broken
