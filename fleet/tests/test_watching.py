"""Alarms that the service raises itself: one a fault, ended when the fault is over, on both databases."""

import asyncio
from typing import Any

from sqlalchemy import insert, update

from fleet.alarms.alarm_list import AlarmFilter, alarms
from fleet.alarms.watches import BROKEN_CHAIN, SILENT_GATEWAY, Found
from fleet.alarms.watching import settle, watching
from fleet.background import jobs, outcomes
from fleet.background.held import Turn
from fleet.devices.tables import gateway
from fleet.errors import ChainBrokenError
from fleet.people import chain_check
from fleet.places.tables import site
from fleet.tests.background_bench import WITHIN_S, Bench
from fleet.tests.district import START_MS, District

DAY_MS = 86_400_000
SITE = {"id": "s-1", "name": "a", "latitude": 1, "longitude": 2, "created_ms": 0}
GATEWAY = {"id": "g-1", "site_id": "s-1", "created_ms": 0, "desired_version": 1}
SILENT = Found(SILENT_GATEWAY, START_MS - 901_000, 901, "g-1", "s-1")


async def settled(district: District, *lasting: Found, after_ms: int = 0) -> list[dict[str, Any]]:
    # The service of the test looks too: when it starts, and again after half a minute.
    async with asyncio.timeout(WITHIN_S):
        while "watches" not in [work["name"] for work in (await district.read("background"))["works"]]:
            await asyncio.sleep(0.01)
    await district.service.write(lambda connection: settle(connection, list(lasting), set(), START_MS + after_ms))
    found: list[dict[str, Any]] = (await district.read("alarms"))["items"]
    return [one for one in found if one["rule"] == SILENT_GATEWAY.rule]


async def test_a_fault_that_lasts_is_one_alarm_and_ends_with_it(district: District) -> None:
    for after_ms in (0, 30_000, 60_000):
        (alarm,) = await settled(district, SILENT, after_ms=after_ms)
    expected = {"state": "open", "gateway": "g-1", "site": "s-1", "node": None, "slot": None, "since_ms": SILENT.since_ms,
                "raised_ms": START_MS, "severity": "warning", "value": 901.0, "threshold": 900.0, "handling": "raised"}  # fmt: skip
    assert expected.items() <= alarm.items()
    assert alarm["text"]["en"] == "gateway g-1: nothing heard for 901 s, limit 900 s"
    await district.admin("POST", f"alarms/{alarm['id']}/assignment", {"to": "li.na"})
    (alarm,) = await settled(district, after_ms=90_000)
    assert (alarm["state"], alarm["until_ms"], alarm["ended_by"], alarm["handling"]) == ("past", START_MS + 90_000, "condition", "resolved")
    steps = (await district.read(f"alarms/{alarm['id']}"))["steps"]
    assert [(one["kind"], one["who"]) for one in steps] == [("raised", ""), ("assigned", "ada"), ("ended", "")]


async def test_an_alarm_that_a_person_resolved_is_not_raised_anew_while_its_fault_lasts(district: District) -> None:
    (alarm,) = await settled(district, SILENT)
    await district.admin("POST", f"alarms/{alarm['id']}/resolution", {"note": "the line is cut until Monday"})
    assert len(await settled(district, SILENT, after_ms=30_000)) == 1
    await settled(district, after_ms=60_000)
    newer, older = await settled(district, SILENT, after_ms=90_000)
    assert (newer["state"], newer["since_ms"], older["state"]) == ("open", START_MS + 90_000, "past")


async def test_what_is_of_the_service_as_a_whole_is_shown_on_the_page_without_a_place(district: District) -> None:
    await settled(district, Found(BROKEN_CHAIN, START_MS, 1))
    page = (await district.client.get("/alarms", headers={"Accept-Language": "en"})).text
    assert "the record of changes is not what was recorded" in page and '?site="' not in page


async def test_the_service_verifies_its_record_of_changes_once_a_day_and_raises_what_it_finds(bench: Bench) -> None:
    look, turn = watching(START_MS).step, Turn(bench.held())

    def asked(after_ms: int) -> list[str]:
        turn.now_ms = START_MS + after_ms
        assert not look(turn)
        return [job.state for job in bench.read(lambda connection: jobs.jobs(connection, None, 9))]

    assert asked(599_999) == [] and asked(600_000) == ["queued"] and asked(630_000) == ["queued"]
    job = bench.read(lambda connection: jobs.jobs(connection, "queued", 1))[0]
    assert (job.kind, job.who) == ("verify_changes", "service")
    bench.write(lambda connection: jobs.end(connection, job.id, "failed", START_MS + 700_000, ChainBrokenError(3, "x").found))
    assert asked(700_000 + DAY_MS - 1) == ["failed"] and asked(700_000 + DAY_MS) == ["queued", "failed"]
    (alarm,) = bench.read(lambda connection: alarms(connection, AlarmFilter(state="open"), 9))
    assert (alarm.rule, alarm.since_ms, alarm.severity, alarm.gateway) == ("broken-chain", START_MS + 700_000, "alarm", "")


async def test_a_verification_that_found_out_nothing_says_nothing_of_the_chain(bench: Bench) -> None:
    look, turn = watching(START_MS).step, Turn(bench.held())

    def ended(after_ms: int, found: Any) -> list[str]:
        """The alarms that are open after a verification has failed so."""
        job, _ = bench.write(lambda connection: jobs.ask(connection, chain_check.KIND, "ada", {}, START_MS))
        bench.write(lambda connection: jobs.end(connection, job.id, "failed", START_MS + after_ms, found, "why"))
        turn.now_ms = START_MS + after_ms
        look(turn)
        return [alarm.rule for alarm in bench.read(lambda connection: alarms(connection, AlarmFilter(state="open"), 9))]

    assert ended(1000, None) == []
    assert ended(2000, ChainBrokenError(3, "x").found) == [BROKEN_CHAIN.rule]
    assert ended(3000, None) == [BROKEN_CHAIN.rule]


async def test_a_restart_ends_no_alarm_of_a_gateway_that_is_still_silent(bench: Bench) -> None:
    looks = {started_ms: watching(started_ms).step for started_ms in (START_MS, START_MS + 5 * DAY_MS)}
    bench.write(lambda connection: connection.execute(insert(site), SITE))
    bench.write(lambda connection: connection.execute(insert(gateway), {**GATEWAY, "seen_ms": START_MS}))
    turn = Turn(bench.held())

    def found(started_ms: int, now_ms: int) -> list[tuple[int, bool]]:
        turn.now_ms = now_ms
        looks[started_ms](turn)
        shown = bench.read(lambda connection: alarms(connection, AlarmFilter(), 9))
        return [(alarm.id, alarm.state == "open") for alarm in shown if alarm.rule == SILENT_GATEWAY.rule]

    ((first, is_open),) = found(START_MS, START_MS + 5 * DAY_MS)
    assert is_open
    again = START_MS + 5 * DAY_MS
    assert found(again, again + 60_000) == [(first, True)] == found(again, again + 2_000_000)
    bench.write(lambda connection: connection.execute(update(gateway).values(seen_ms=again + 2_000_000)))
    assert found(again, again + 2_030_000) == [(first, False)]


async def test_a_work_that_goes_on_failing_is_an_alarm_until_it_is_done(bench: Bench) -> None:
    look, turn = watching(START_MS).step, Turn(bench.held())

    def opened() -> list[tuple[str, float | None]]:
        look(turn)
        return [(one.rule, one.value) for one in bench.read(lambda connection: alarms(connection, AlarmFilter(state="open"), 9))]

    for _ in range(3):
        assert opened() == []
        bench.write(lambda connection: outcomes.failed(connection, "seal", START_MS, "no space"))
    assert opened() == [("failing-work", 3.0)]
    bench.write(lambda connection: outcomes.done(connection, "seal", START_MS))
    assert opened() == []
