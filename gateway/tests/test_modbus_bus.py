"""Instruments on the gateway's own bus, against slaves that nobody here wrote (pymodbus)."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from contract import quality as q
from contract.quantities import ID
from contract.site.sources import with_defaults
from gateway.sources.averages import Averages
from gateway.sources.modbus_bus import ModbusBus
from gateway.sources.modbus_slave import Slave, most_overdue
from gateway.store.database import FILE_NAME, open_for_reading
from gateway.tests.conftest import Site, until
from gateway.tests.parts import CLOCK
from gateway.tests.terminals import Pair
from gateway.wiring import Gateway

T, RH = ID["temperature"], ID["humidity"]
FAST = {"line": [9600, 8, "N", 1], "settle_ms": 0, "timeout_ms": 500}


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    with Pair(tmp_path) as pair:
        yield pair


class Reports:
    def __init__(self) -> None:
        self.rows: list[list[list[int]]] = []
        self.periods: list[tuple[int, int]] = []

    def report(self, rows: list[list[int]], start_ms: int, duration_ms: int, error_ms: int | None = None) -> None:
        self.rows.append(rows)
        self.periods.append((start_ms, duration_ms))

    def utc_ms(self) -> int:
        return CLOCK.utc_ms()


def thermometer(address: int, temperature: int = 0xFF9B, humidity: int = 658) -> SimDevice:
    return SimDevice(id=address, simdata=[SimData(1, values=[temperature, humidity], datatype=DataType.REGISTERS)])


@asynccontextmanager
async def slaves(device: str, *devices: SimDevice) -> AsyncIterator[None]:
    present = {one.id for one in devices}

    def heard_on_the_line(sending: bool, packet: bytes) -> bytes:
        # The server answers for devices that it has not; on a line they are silent.
        return b"" if sending and packet[0] not in present else packet

    server = ModbusSerialServer(list(devices), port=device, baudrate=9600, trace_packet=heard_on_the_line)
    serving = asyncio.create_task(server.serve_forever())
    try:
        yield
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]
        serving.cancel()


@asynccontextmanager
async def running(bus: ModbusBus) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(bus.run()), asyncio.create_task(bus.periods.run())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


def source(*instruments: dict[str, Any], **more: Any) -> dict[str, Any]:
    whole = {"source": "roof", "kind": "modbus", "port": "a", "period_ms": 1000, "instruments": list(instruments), **more}
    return with_defaults(whole)


def quick(slot: int, **more: Any) -> dict[str, Any]:
    return {"slot": slot, "part": "quick", "address": slot + 1, "poll_ms": 500, **more}


QUICK = {"quick": FAST | {"fields": [{"function": 4, "register": 1, "type": "s16", "quantity": "temperature", "multiply": 10}]}}


async def test_values_exceptions_and_silence_become_rows(pair: Pair) -> None:
    absent = {"slot": 2, "part": "quick", "address": 9, "poll_ms": 500}
    refusing = {"slot": 1, "part": "jxct_tvoc", "address": 3, "poll_ms": 500}
    reports = Reports()
    bus = ModbusBus(source(quick(0), refusing, absent, profiles=QUICK), str(pair.gateway), reports, CLOCK)
    async with slaves(str(pair.other), thermometer(1), thermometer(3)), running(bus):
        await until(lambda: len(reports.rows) >= 4, "four periods")
    told: dict[tuple[int, int], list[list[int]]] = {}
    for slot, quantity, *rest in (row for rows in reports.rows for row in rows):
        told.setdefault((slot, quantity), []).append(rest)
    assert [-1010, -1010, -1010] in [rest[2:] for rest in told[0, T]]
    assert [q.EXCEPTION, 0] in told[1, ID["tvoc"]] and all(rest[1] == 0 for rest in told[1, ID["tvoc"]])
    assert [q.NO_REPLY, 0] in told[2, T] and all(rest[1] == 0 for rest in told[2, T])
    assert all(duration >= 200 for _, duration in reports.periods[1:])
    assert bus.status.state == "running"


async def test_one_dead_slave_among_ten_costs_the_others_less_than_a_twentieth_of_their_polls(pair: Pair) -> None:
    seconds = 12
    instruments = [quick(slot, poll_ms=1000) for slot in range(10)]
    bus = ModbusBus(source(*instruments, profiles=QUICK), str(pair.gateway), Reports(), CLOCK)
    async with slaves(str(pair.other), *(thermometer(address) for address in range(1, 10))), running(bus):
        await asyncio.sleep(seconds)
    polls = {part["slot"]: part["replies"] for part in bus.status.parts}
    assert polls.pop(9) == 0 and len(polls) == 9
    assert sum(polls.values()) > 0.95 * 9 * seconds, polls


@pytest.mark.parametrize(("poll_ms", "answer_ms"), [(1000, 40), (2000, 60), (5000, 200)])
def test_over_an_hour_a_dead_slave_costs_the_others_next_to_nothing(poll_ms: int, answer_ms: int) -> None:
    whole = source(*(quick(slot, poll_ms=poll_ms) for slot in range(10)), profiles=QUICK)["instruments"]
    averages = Averages([(slot, T) for slot in range(10)], {})
    asked = [Slave(one, averages, 0) for one in whole]
    now_ms = 0
    while now_ms < 3_600_000:
        slave = most_overdue(asked, now_ms)
        now_ms = max(now_ms, slave.next_due())
        read = slave.next_read(now_ms)
        if read is None:
            continue
        now_ms += 570 if slave.slot == 9 else answer_ms
        if slave.slot == 9:
            slave.handle_failure(q.NO_REPLY, now_ms)
        else:
            slave.handle_reply(read, b"\x00\x01", now_ms)
    replies = [slave.counters["replies"] for slave in asked[:9]]
    assert min(replies) > 0.99 * 3_600_000 / poll_ms
    assert asked[9].counters["polls"] < 20


@pytest.mark.hil
async def test_what_instruments_read_reaches_the_fleet_as_said_by_the_gateway(site: Site, pair: Pair) -> None:
    instruments = [quick(0, serial="A-17")]
    roof = {"source": "roof", "kind": "modbus", "port": "a", "period_ms": 1000, "instruments": instruments, "profiles": QUICK}
    await site.fleet.desire([], sources=[roof])
    async with slaves(str(pair.other), thermometer(1)):
        gateway = await site.start(ports={"a": str(pair.gateway)})
        said = site.fleet.items
        await site.fleet.wait(lambda: sum(item["kind"] == "report" for item in said.values()) >= 3)
    node, boot, _ = next(iter(said))
    assert (node, boot) == (gateway.identity.gateway, next(iter(said))[1])
    assert sorted(seq for _, _, seq in said) == list(range(len(said)))
    hello = next(item for item in said.values() if item["kind"] == "hello")
    assert hello["body"]["sn"] == [[0, "quick", "A-17"]]
    # The newest: the first period is what was left of a second when the bus was not open yet.
    report = max((item for item in said.values() if item["kind"] == "report"), key=lambda item: item["body"]["q"])
    assert report["body"]["ch"][0][:3] in ([0, T, q.OK], [0, T, q.FEW_SAMPLES]) and report["body"]["ch"][0][4] == -1010
    assert report["time"]["how"] == "node"


@pytest.mark.hil
async def test_rules_judge_what_instruments_read_also_where_there_is_no_node(site: Site, pair: Pair) -> None:
    limits = {"raise": 50, "clear": 40, "window_s": 10, "least_share": 1}
    hot = {"id": "hot", "version": 1, "kind": "level", "quantity": "temperature", **limits, "outputs": []}
    roof = {"source": "roof", "kind": "modbus", "port": "a", "period_ms": 1000, "instruments": [quick(0)], "profiles": QUICK}
    await site.fleet.desire([], sources=[roof], rules=[hot])
    async with slaves(str(pair.other), thermometer(1)):
        gateway = await site.start(ports={"a": str(pair.gateway)})
        await until(lambda: gateway.counters["rules.judged"] >= 2, "judged")


def state(gateway: Gateway) -> str:
    found: str = gateway.sources.documents().get("roof", {}).get("state", "")
    return found


def rows(site: Site) -> list[list[int]]:
    """Of the gateway's reports at the fleet, in the order of their numbers: quality and n of the first channel."""
    found = sorted((seq, item["body"]["ch"][0][2:4]) for (_, _, seq), item in site.fleet.items.items() if item["kind"] == "report")
    return [row for _, row in found]


@pytest.mark.hil
async def test_an_instrument_without_its_device_has_a_row_without_data_each_period_until_it_is_there(site: Site, pair: Pair) -> None:
    roof = {"source": "roof", "kind": "modbus", "port": "a", "period_ms": 1000, "instruments": [quick(0)], "profiles": QUICK}
    pair.unplug()
    await site.fleet.desire([], sources=[roof])
    gateway = await site.start(ports={"a": str(pair.gateway)})
    await site.fleet.wait(lambda: len(rows(site)) >= 3, what="rows without data")
    assert {tuple(row) for row in rows(site)} == {(q.NO_REPLY, 0)} and state(gateway) == "waiting"
    assert gateway.sources.documents()["roof"]["reason"] == "No such file or directory"
    pair.plug()
    async with slaves(str(pair.other), thermometer(1)):
        await site.fleet.wait(lambda: rows(site)[-1][0] in (q.OK, q.FEW_SAMPLES), what="values again, by itself")
    periods = sorted((i["time"]["start_ms"], i["body"]["d"]) for i in site.fleet.items.values() if i["kind"] == "report")
    gaps = [later - (start + length) for (start, length), (later, _) in itertools.pairwise(periods)]
    assert all(abs(gap) <= 5 for gap in gaps), "no time is left out"


@pytest.mark.hil
async def test_an_instrument_whose_port_the_site_no_longer_has_is_accounted_for(site: Site, pair: Pair) -> None:
    roof = {"source": "roof", "kind": "modbus", "port": "a", "period_ms": 1000, "instruments": [quick(0)], "profiles": QUICK}
    await site.fleet.desire([], sources=[roof])
    gateway = await site.start(ports={"a": str(pair.gateway)})
    await until(lambda: gateway.desired.version, "in force")
    await site.stop()
    site.fleet.items.clear()
    gateway = await site.start()
    await site.fleet.wait(lambda: len(rows(site)) >= 3, what="rows")
    assert {tuple(row) for row in rows(site)[1:]} == {(q.NO_REPLY, 0)} and state(gateway) == "no_port"


@pytest.mark.hil
async def test_what_was_read_before_a_stop_is_said_before_the_end(site: Site, pair: Pair) -> None:
    roof = {"source": "roof", "kind": "modbus", "port": "a", "period_ms": 900_000, "instruments": [quick(0)], "profiles": QUICK}
    await site.fleet.desire([], sources=[roof])
    gateway = await site.start(ports={"a": str(pair.gateway)})
    async with slaves(str(pair.other), thermometer(1)):
        await until(lambda: sum(part["replies"] for part in _parts(gateway)) >= 2, "read")
        await site.stop()
    reading = open_for_reading(site.state / FILE_NAME)
    (body,) = reading.execute("SELECT body FROM items WHERE kind = 'report'").fetchone()
    reading.close()
    report = json.loads(body)
    assert report["ch"][0][:3] in ([0, T, q.OK], [0, T, q.FEW_SAMPLES]) and report["ch"][0][4:] == [-1010] * 3 and report["d"] < 60_000


def _parts(gateway: Gateway) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = gateway.sources.documents().get("roof", {}).get("parts", [])
    return found


@pytest.mark.hil
async def test_a_bus_that_is_pulled_out_is_waited_for(site: Site, pair: Pair) -> None:
    roof = {"source": "roof", "kind": "modbus", "port": "a", "period_ms": 1000, "instruments": [quick(0)], "profiles": QUICK}
    await site.fleet.desire([], sources=[roof])
    gateway = await site.start(ports={"a": str(pair.gateway)})
    async with slaves(str(pair.other), thermometer(1)):
        await until(lambda: state(gateway) == "running" and gateway.counters["items.stored"] >= 2, "read")
        pair.unplug()
        await until(lambda: state(gateway) == "waiting", "loss noticed")
    pair.plug()
    async with slaves(str(pair.other), thermometer(1)):
        await until(lambda: state(gateway) == "running", "read again")
    assert gateway.counters["tasks.crashed"] == 0


@pytest.mark.hil
async def test_a_document_that_silences_one_instrument_of_two_returns_by_itself(site: Site, pair: Pair) -> None:
    roof = {"source": "roof", "kind": "modbus", "port": "a", "period_ms": 1000, "instruments": [quick(0), quick(1)], "profiles": QUICK}
    moved = roof | {"instruments": [quick(0), quick(1, address=9)]}
    await site.fleet.desire([], sources=[roof])
    async with slaves(str(pair.other), thermometer(1), thermometer(2)):
        gateway = await site.start(ports={"a": str(pair.gateway)}, fleet={"trial_s": 1})
        await site.fleet.wait(lambda: len(rows(site)) >= 3, what="values")
        await site.fleet.desire([], sources=[moved])
        await site.fleet.wait(lambda: any(told.get("state") == "returned" for told in site.fleet.reports), 60, "returned")
        told = next(told for told in site.fleet.reports if told.get("state") == "returned")
        assert (told["faults"], gateway.desired.version) == (["g-01 slot 1: no report with a usable value within 3 s"], 1)
