"""A gateway on a machine whose clock nobody trusts: what it tells nodes, sends and shows, before the fleet has told the time and after."""

import json
import time

import pytest

from air.rules.facts import Switched
from gateway.store.database import FILE_NAME, open_for_reading
from gateway.tests.conftest import Site, until
from gateway.tests.site import BOOT, desired_node, items, report
from gateway.time.clock import Clock
from gateway.wiring import Delays

pytestmark = pytest.mark.hil

_AUTO = {"clock": "auto"}
_FLEET_AHEAD_MS = 86_400_000


class MachineClock:
    """Of a machine that nobody sets: not synchronised, and it may jump."""

    def __init__(self) -> None:
        self.jump_ms = 0
        self.clock = Clock(utc_ms=lambda: time.time_ns() // 1_000_000 + self.jump_ms, is_synchronised=lambda: False)


@pytest.fixture(autouse=True)
def machine(site: Site) -> MachineClock:
    machine = MachineClock()
    site.clock = machine.clock
    return machine


def _fleet_ms() -> int:
    return time.time_ns() // 1_000_000 + _FLEET_AHEAD_MS


async def test_reports_that_came_before_the_time_was_known_are_dated_by_the_fleets(site: Site) -> None:
    site.fleet.utc_ms = None
    gateway = await site.start_with("n-1", gateway=_AUTO)
    node = await site.node("n-1")
    await node.send("get", {"b": BOOT, "s": 5, "w": "time", "k": "nonce-1"})
    await node.send("report", items("report", report(0, uptime_ms=0)))
    await node.wait_acked(0)
    assert (node.of_kind("time"), gateway.counters["time.unknown"]) == ([], 1)
    site.fleet.utc_ms = _fleet_ms
    await site.fleet.wait(lambda: len(site.fleet.items) == 1)
    item = site.fleet.items["n-1", BOOT, 0]
    assert abs(item["arrived_ms"] - _fleet_ms()) < 60_000
    assert abs(item["time"]["start_ms"] - (_fleet_ms() - 20_000)) <= item["time"]["error_ms"] < 86_400_000 * 8
    await node.send("get", {"b": BOOT, "s": 5, "w": "time", "k": "nonce-2"})
    await node.wait(lambda: bool(node.of_kind("time")))
    answer = node.of_kind("time")[0]
    assert abs(answer["u"] - _fleet_ms()) <= answer["e"] + 1000
    assert answer["e"] < 5000


async def test_a_restart_without_a_network_goes_on_from_the_last_time_known_and_says_that_it_is_unsure(site: Site) -> None:
    site.fleet.utc_ms = _fleet_ms
    await site.start_with("n-1", gateway=_AUTO)
    node = await site.node("n-1")
    await node.send("report", items("report", report(0)))
    await site.fleet.wait(lambda: len(site.fleet.items) == 1)
    await site.stop()
    await site.fleet.stop()
    gateway = await site.start(gateway=_AUTO)
    assert gateway.site.summary()["source"] == "unsure"
    assert abs(gateway.site.utc_ms() - _fleet_ms()) < 60_000
    await site.stop()
    reading = open_for_reading(site.state / FILE_NAME)
    shown = json.loads(reading.execute("SELECT document FROM snapshots WHERE subject = 'gateway'").fetchone()[0])
    reading.close()
    assert shown["clock"]["source"] == "unsure"


async def test_what_arrives_by_the_keys_of_a_document_is_never_stamped_before_it_was_issued(site: Site, machine: MachineClock) -> None:
    site.fleet.utc_ms = _fleet_ms
    issued_ms = _fleet_ms()
    await site.fleet.desire([desired_node("n-1")], issued_ms=issued_ms)
    gateway = await site.start(gateway=_AUTO)
    await until(lambda: gateway.desired.version == 1, "in force")
    await site.stop()
    await site.fleet.stop()
    # A power cut damaged the buffer, which knew the time, and the machine's clock comes back ten hours behind.
    for path in site.state.glob(f"{FILE_NAME}*"):
        path.unlink()
    machine.jump_ms = -36_000_000
    await site.start(gateway=_AUTO)
    node = await site.node("n-1")
    await node.send("report", items("report", report(0)))
    await node.wait_acked(0)
    await site.stop()
    reading = open_for_reading(site.state / FILE_NAME)
    (arrived_ms,) = reading.execute("SELECT arrived_ms FROM items WHERE node = 'n-1'").fetchone()
    reading.close()
    assert 0 <= arrived_ms - issued_ms < 60_000, "else the fleet takes the boot for one of the board before"


async def test_a_fleet_that_tells_no_time_gets_the_reports_all_the_same(site: Site) -> None:
    site.delays = Delays(clock_grace_s=0.1)
    site.fleet.utc_ms = None
    await site.start_with("n-1", gateway=_AUTO)
    node = await site.node("n-1")
    await node.send("report", items("report", report(0)))
    await site.fleet.wait(lambda: len(site.fleet.items) == 1)
    assert site.fleet.items["n-1", BOOT, 0]["time"]["error_ms"] >= 365 * 86_400_000


@pytest.mark.parametrize(
    "jump_ms", [86_400_000, -86_400_000, 315_360_000_000, -315_360_000_000], ids=["+1 day", "-1 day", "+10 years", "-10 years"]
)
async def test_a_jump_of_the_machines_clock_moves_no_date(site: Site, machine: MachineClock, jump_ms: int) -> None:
    site.fleet.utc_ms = _fleet_ms
    gateway = await site.start_with("n-1", gateway=_AUTO)
    await until(lambda: gateway.site.is_known, "the time by the fleet")
    machine.jump_ms = jump_ms
    node = await site.node("n-1")
    await node.send("report", items("report", report(0, uptime_ms=0)))
    await site.fleet.wait(lambda: len(site.fleet.items) == 1)
    assert abs(site.fleet.items["n-1", BOOT, 0]["arrived_ms"] - _fleet_ms()) < 60_000


async def test_an_error_is_dated_by_the_sites_clock_whoever_notes_it(site: Site) -> None:
    site.fleet.utc_ms = _fleet_ms
    gateway = await site.start_with("n-1", gateway=_AUTO)
    await until(lambda: gateway.site.is_known, "the time by the fleet")
    before = set(_errors(site))
    gateway.hooks.call("absent", {})
    gateway.switchboard.switch([Switched("absent", "on", 0)])
    gateway.sources.desire([{"source": "roof", "kind": "gps", "port": "absent"}])
    gateway.supervision.start("crashing", _crash)
    site.broker.stop()
    await site.fleet.stop()
    places = {"hooks", "outputs", "source roof", "crashing", "mqtt", "desired"}
    await until(lambda: places <= {place for _, place in set(_errors(site)) - before}, "noted")
    assert not [(place, at_ms) for at_ms, place in set(_errors(site)) - before if abs(at_ms - _fleet_ms()) > 60_000]


async def _crash() -> None:
    raise LookupError("on purpose")


def _errors(site: Site) -> list[tuple[int, str]]:
    reading = open_for_reading(site.state / FILE_NAME)
    try:
        return reading.execute("SELECT at_ms, place FROM errors").fetchall()
    finally:
        reading.close()
