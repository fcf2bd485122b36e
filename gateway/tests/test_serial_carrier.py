"""Nodes on serial lines of a whole gateway, beside those on MQTT."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.tests.conftest import Site, until
from gateway.tests.site import BOOT, desired_node, items, report
from gateway.tests.terminals import Terminal
from gateway.tests.wired_node import WiredNode

pytestmark = pytest.mark.hil


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path / "rs485")
    yield terminal
    terminal.unplug()


@pytest.fixture
async def wired(terminal: Terminal) -> AsyncIterator[WiredNode]:
    node = WiredNode("n-7", 7, terminal)
    node.attach()
    yield node
    node.detach()


LINE = {"source": "yard", "kind": "nodes", "port": "a", "baud": 115200, "nodes": [{"node": "n-7", "address": 7}]}


async def start(site: Site, terminal: Terminal, *nodes: str, line: dict[str, Any] = LINE) -> None:
    await site.fleet.desire([desired_node(node) for node in nodes], sources=[line])
    gateway = await site.start(ports={"a": str(terminal.device), "absent": f"{terminal.device}-absent"})
    await until(lambda: gateway.desired.version == site.fleet.version, "desired document applied")


def acked(node: WiredNode) -> set[int]:
    return {seq for ack in node.of_kind("ack") for first, last in ack["r"] for seq in range(first, last + 1)}


async def test_a_report_over_a_wire_is_committed_acknowledged_over_it_and_reaches_the_fleet(
    site: Site, terminal: Terminal, wired: WiredNode
) -> None:
    await start(site, terminal, "n-7")
    wired.say("report", items("report", report(0), report(1)))
    await until(lambda: acked(wired) == {0, 1}, "acknowledged over the wire")
    await site.fleet.wait(lambda: {("n-7", BOOT, 0), ("n-7", BOOT, 1)} <= site.fleet.items.keys())
    assert site.gateway.sources.documents()["yard"]["state"] == "running"


async def test_time_and_settings_go_down_the_wire(site: Site, terminal: Terminal, wired: WiredNode) -> None:
    await start(site, terminal, "n-7")
    wired.say("get", {"b": BOOT, "s": 5, "w": "time", "k": "nonce-1"})
    await until(lambda: wired.of_kind("time"), "time")
    assert wired.of_kind("time")[0]["k"] == "nonce-1"
    await site.fleet.desire([desired_node("n-7", version=3, period_ms=2000)], sources=[LINE])
    wired.say("report", items("report", report(0)))
    await until(lambda: wired.of_kind("config"), "settings")
    assert wired.of_kind("config")[0]["v"] == 3


async def test_a_node_is_answered_the_way_it_was_last_heard(site: Site, terminal: Terminal, wired: WiredNode) -> None:
    await start(site, terminal, "n-7")
    radio = await site.node("n-7")
    wired.say("report", items("report", report(0)))
    await until(lambda: acked(wired) == {0}, "over the wire")
    await radio.send("report", items("report", report(1)))
    await radio.wait_acked(1)
    wired.say("report", items("report", report(2)))
    await until(lambda: acked(wired) == {0, 2}, "over the wire again")
    assert {seq for _, seq in radio.acked} == {1}


async def test_a_line_that_is_pulled_out_is_waited_for_and_loses_nothing(site: Site, terminal: Terminal, wired: WiredNode) -> None:
    await start(site, terminal, "n-7")
    wired.say("report", items("report", report(0)))
    await until(lambda: acked(wired) == {0}, "acknowledged")
    wired.detach()
    terminal.unplug()
    gateway = site.gateway
    await until(lambda: gateway.sources.documents()["yard"]["state"] == "waiting", "loss noticed")
    assert gateway.counters["sources.lost"] >= 1 and gateway.counters["tasks.crashed"] == 0
    terminal.plug()
    again = WiredNode("n-7", 7, terminal)
    again.attach()
    again.say("report", items("report", report(1)))
    await until(lambda: acked(again) == {1}, "acknowledged after plugging in")
    again.detach()


async def test_what_comes_in_the_name_of_another_address_is_dropped(site: Site, terminal: Terminal, wired: WiredNode) -> None:
    await start(site, terminal, "n-7", "n-8")
    wired.say("report", items("report", report(0)), name="n-8")
    wired.say("report", items("report", report(0)))
    await until(lambda: acked(wired) == {0}, "its own")
    assert site.gateway.counters["serial.foreign"] == 1
    assert "n-8" not in site.gateway.reception.heard


async def test_a_node_that_is_absent_does_not_hold_up_its_neighbour(site: Site, terminal: Terminal, wired: WiredNode) -> None:
    line = LINE | {"answer_ms": 160, "nodes": [{"node": "n-6", "address": 6}, {"node": "n-7", "address": 7}]}
    await start(site, terminal, "n-6", "n-7", line=line)
    for seq in range(20):
        wired.say("report", items("report", report(seq)))
    await until(lambda: acked(wired) == set(range(20)), "all of the neighbour's", within_s=15)
    await until(lambda: site.gateway.sources.documents()["yard"]["parts"], "shown")
    parts = {part["node"]: part["absent"] for part in site.gateway.sources.documents()["yard"]["parts"]}
    assert parts == {"n-6": True, "n-7": False}


async def test_other_sources_leave_a_line_undisturbed_and_a_removed_one_ends(site: Site, terminal: Terminal, wired: WiredNode) -> None:
    await start(site, terminal, "n-7")
    wired.say("report", items("report", report(0)))
    await until(lambda: acked(wired) == {0}, "acknowledged")
    carrier = site.gateway.reception._routes["n-7"]
    other = {"source": "car", "kind": "nodes", "port": "absent", "nodes": [{"node": "n-9", "address": 1}]}
    await site.fleet.desire([desired_node("n-7"), desired_node("n-9")], sources=[LINE, other])
    await until(lambda: "car" in site.gateway.sources.documents(), "the other one")
    assert site.gateway.sources.documents()["car"]["state"] == "waiting"
    wired.say("report", items("report", report(1)))
    await until(lambda: acked(wired) == {0, 1}, "acknowledged")
    assert site.gateway.reception._routes["n-7"] is carrier
    await site.fleet.desire([desired_node("n-7")], sources=[])
    await until(lambda: site.gateway.sources.documents() == {}, "both gone")
    carrier.send("down/n-7/ack", b"x")
    assert site.gateway.counters["messages.unsent"] >= 1
