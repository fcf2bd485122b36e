"""The gateway as a whole, between a real Mosquitto and a fleet over real HTTP."""

import asyncio
import json

import pytest

from contract import messages
from gateway.tests.conftest import Site, until
from gateway.tests.full_disk import full_disk
from gateway.tests.site import BOOT, desired_node, hello, items, report
from gateway.wiring import Delays
from hil_tests.stand_in_fleet.faults import FAULTS

pytestmark = pytest.mark.hil


async def test_a_report_is_acknowledged_and_reaches_the_fleet_as_its_node_wrote_it(site: Site) -> None:
    await site.start_with("n-1")
    node = await site.node("n-1")
    written = b'{"b": "0000000100000001",  "i":[ {"q":0,"s":7,"d":1000, "c":0,"ch":[[0,6,0,1,5,5,5]], "later": {"x" : [1 ]}} ]}'
    await node.send("report", written)
    await node.wait_acked(0)
    await site.fleet.wait(lambda: ("n-1", BOOT, 0) in site.fleet.items)
    item = site.fleet.items["n-1", BOOT, 0]
    assert item["kind"] == "report"
    assert item["body"] == json.loads(written)["i"][0]
    assert item["time"]["how"] == "bounds"


async def test_a_replayed_message_is_acknowledged_again_and_stored_once(site: Site) -> None:
    gateway = await site.start_with("n-1")
    node = await site.node("n-1")
    for _ in range(3):
        await node.send("report", items("report", report(0), report(1)))
        await node.wait_acked(0, 1)
        node.acked.clear()
    await site.fleet.wait(lambda: len(site.fleet.items) == 2)
    assert gateway.counters["items.stored"] == 2
    assert gateway.counters["items.duplicate"] == 4
    assert site.fleet.duplicates == 0


async def test_a_time_question_is_answered_with_its_nonce_and_the_gateways_error(site: Site) -> None:
    await site.start_with("n-1")
    node = await site.node("n-1")
    await node.send("get", {"b": BOOT, "s": 5, "w": "time", "k": "nonce-1"})
    await node.wait(lambda: bool(node.of_kind("time")))
    answer = node.of_kind("time")[0]
    assert (answer["b"], answer["k"], answer["e"]) == (BOOT, "nonce-1", 100)
    assert answer["u"] > 1_700_000_000_000


async def test_settings_reach_a_node_that_shows_another_version_until_it_has_applied_them(site: Site) -> None:
    gateway = await site.start_with("n-1")
    node = await site.node("n-1")
    await node.send("hello", items("hello", hello(0)))
    await node.wait_acked(0)
    await site.fleet.desire([desired_node("n-1", version=3, period_ms=2000)])
    await node.wait(lambda: bool(node.of_kind("config")))
    assert node.of_kind("config")[0] == {"v": 3, "set": {"period_ms": 2000}}
    await node.send("applied", items("applied", {"q": 1, "s": 200, "c": 3, "ok": True, "f": []}))
    await until(lambda: gateway.settings.states()["n-1"]["state"] == "confirmed", "confirmed")
    assert gateway.settings.next_due() is None
    await site.fleet.wait(lambda: ("n-1", BOOT, 1) in site.fleet.items, what="the answer in the record")


async def test_bad_messages_are_counted_and_cost_the_others_nothing(site: Site) -> None:
    gateway = await site.start_with("n-1", "n-2")
    good, bad, stranger = await site.node("n-1"), await site.node("n-2"), await site.node("stranger")
    await bad.send("report", items("report", report(0)), key=bytes(32))
    await bad.send_raw("report", b"garbage")
    await bad.send_raw("report", b"x" * 1_000_000)
    await bad.send("report", b"{not json")
    await bad.send("tune", {"b": BOOT})
    await bad.send("report", items("report", report(5) | {"d": -1}, report(6)))
    await stranger.send("report", items("report", report(0)))
    await good.send("report", items("report", report(0)))
    await good.wait_acked(0)
    await bad.wait_acked(5, 6)
    await site.fleet.wait(lambda: len(site.fleet.items) == 2)
    assert set(site.fleet.items) == {("n-1", BOOT, 0), ("n-2", BOOT, 6)}
    # The broker keeps the order of one client only: the stranger's message may come last.
    await until(lambda: gateway.counters["refused.unknown_node"] == 1, "stranger counted")
    assert gateway.intake.refusals()["n-2"] == {
        "bad_mac": 1,
        "no_seal": 1,
        "too_long": 1,
        "bad_message": 1,
        "unknown_type": 1,
        "bad_item": 1,
    }
    assert gateway.intake.refusals()["n-1"] == {}
    await site.fleet.wait(lambda: bool(site.fleet.dropped), what="the loss told to the fleet")
    assert site.fleet.dropped == [{"node": "n-2", "boot": BOOT, "from": 5, "to": 5, "why": "bad_item"}]


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_misbehaving_fleet_costs_nothing_and_doubles_nothing(site: Site, fault: str) -> None:
    site.fleet.faults.extend([fault, None, fault])
    await site.start_with("n-1", fleet={"timeout_s": 1})
    node = await site.node("n-1")
    while site.fleet.faults or node.sent < 3:
        await node.send("report", items("report", report(node.sent)))
        await site.fleet.wait(lambda: len(site.fleet.items) == node.sent)
    counters = site.gateway.counters
    await until(lambda: counters["items.forwarded"] + counters["items.duplicate_at_fleet"] == node.sent, "all settled")
    assert sorted(site.fleet.items) == [("n-1", BOOT, seq) for seq in range(node.sent)]
    assert counters["items.refused_by_fleet"] == 0


async def test_one_item_refused_by_the_fleet_is_set_aside_and_the_rest_goes_on(site: Site) -> None:
    site.fleet.refuse = lambda item: "bad_item" if item["seq"] == 3 else None
    gateway = await site.start_with("n-1")
    node = await site.node("n-1")
    await node.send("report", items("report", *map(report, range(10))))
    await node.wait_acked(*range(10))
    await site.fleet.wait(lambda: len(site.fleet.items) == 9)
    await until(lambda: gateway.counters["items.refused_by_fleet"] == 1, "refusal settled")
    kept = await gateway.writer.call(lambda store: store.connection.execute("SELECT seq, reason FROM refused").fetchall())
    assert kept == [(3, "bad_item")]


async def test_a_batch_refused_whole_is_halved_until_the_one_bad_item_is_found(site: Site) -> None:
    site.fleet.refuse_whole = lambda document: any(item["seq"] == 77 for item in document["items"])
    await site.fleet.stop()
    await site.fleet.desire([desired_node("n-1")])
    await site.fleet.start()
    gateway = await site.start_with("n-1")
    node = await site.node("n-1")
    for start in range(0, 200, 20):
        await node.send("report", items("report", *map(report, range(start, start + 20))))
    await node.wait_acked(*range(200))
    await site.fleet.wait(lambda: len(site.fleet.items) == 199)
    await until(lambda: gateway.counters["items.refused_by_fleet"] == 1, "refusal settled")
    assert ("n-1", BOOT, 77) not in site.fleet.items
    assert gateway.counters["uplink.halved"] >= 1
    await node.send("report", items("report", report(200)))
    await site.fleet.wait(lambda: ("n-1", BOOT, 200) in site.fleet.items, what="the next one after the search")


async def test_anchors_that_the_fleet_cannot_read_do_not_hold_up_items(site: Site) -> None:
    site.fleet.refuse_whole = lambda document: "anchors" in document
    gateway = await site.start_with("n-1")
    node = await site.node("n-1")
    await node.send("report", items("report", report(0, u=1_700_000_000_000, e=40), report(1)))
    await site.fleet.wait(lambda: len(site.fleet.items) == 2)
    assert gateway.counters["items.refused_by_fleet"] == 0


async def test_a_single_item_that_was_refused_beside_an_anchor_is_sent_again_alone(site: Site) -> None:
    site.fleet.refuse_whole = lambda document: "anchors" in document
    gateway = await site.start_with("n-1")
    node = await site.node("n-1")
    await node.send("report", items("report", report(0, u=1_700_000_000_000, e=40)))
    await site.fleet.wait(lambda: ("n-1", BOOT, 0) in site.fleet.items, what="the item, without the anchor")
    assert site.fleet.batches[:2] == [1, 1], "one item each time: first with the anchor, then without"
    assert gateway.counters["items.refused_by_fleet"] == 0
    site.fleet.refuse_whole = lambda document: False
    await site.fleet.wait(lambda: bool(site.fleet.anchors), what="the anchor, once it can be read")


async def test_a_backlog_is_kept_while_the_fleet_is_away_and_hellos_overtake_reports(site: Site) -> None:
    gateway = await site.start_with("n-1")
    await site.fleet.stop()
    node = await site.node("n-1")
    for start in range(0, 100, 20):
        await node.send("report", items("report", *map(report, range(start, start + 20))))
    await node.send("hello", items("hello", hello(100)))
    await node.wait_acked(*range(101))
    assert gateway.counters["items.forwarded"] == 0
    await site.fleet.start()
    await site.fleet.wait(lambda: len(site.fleet.items) == 101)
    assert site.fleet.accepted == [("n-1", BOOT, 100), *(("n-1", BOOT, seq) for seq in range(100))]


async def test_a_full_disk_stops_acknowledgements_and_nothing_else(site: Site) -> None:
    gateway = await site.start_with("n-1", buffer={"pending_rows": 100})
    node = await site.node("n-1")
    with full_disk(1):
        async with asyncio.timeout(30):
            while gateway.counters["messages.no_room"] == 0:
                await node.send("report", items("report", *map(report, range(20 * (node.sent % 20), 20 * (node.sent % 20) + 20))))
        await node.send("get", {"b": BOOT, "s": 5, "w": "time", "k": "nonce-1"})
        await node.wait(lambda: bool(node.of_kind("time")), what="time in spite of the disk")
        assert node.acked == set()
        assert gateway.counters["store.failures"] > 0
    for start in range(0, 400, 20):
        await node.send("report", items("report", *map(report, range(start, start + 20))))
        await node.wait_acked(*range(start, start + 20))
    await site.fleet.wait(lambda: len(site.fleet.items) == 400)
    assert gateway.counters["tasks.crashed"] == 0


async def test_a_restart_goes_on_with_what_waits_and_needs_no_fleet(site: Site) -> None:
    await site.start_with("n-1")
    await site.fleet.stop()
    node = await site.node("n-1")
    await node.send("report", items("report", report(0)))
    await node.wait_acked(0)
    await site.stop()
    gateway = await site.start()
    assert gateway.desired.version == site.fleet.version, "the pinned document is in force"
    await node.send("report", items("report", report(0), report(1)))
    await node.wait_acked(0, 1)
    assert (gateway.counters["items.stored"], gateway.counters["items.duplicate"]) == (2, 1)
    await site.fleet.start()
    await site.fleet.wait(lambda: len(site.fleet.items) == 2)


async def test_the_broker_may_go_away_and_come_back(site: Site) -> None:
    gateway = await site.start_with("n-1")
    site.broker.stop()
    await until(lambda: not gateway.mqtt.connected, "loss noticed")
    site.broker.start()
    await until(lambda: gateway.mqtt.connected, "connected again")
    node = await site.node("n-1")
    await node.send("report", items("report", report(0)))
    await node.wait_acked(0)
    assert gateway.counters["mqtt.connects"] == 2
    assert gateway.counters["tasks.crashed"] == 0


async def test_anchors_of_a_boot_are_told_once_and_date_what_came_before(site: Site) -> None:
    await site.start_with("n-1")
    node = await site.node("n-1")
    await node.send("report", items("report", report(0), report(1)))
    await site.fleet.wait(lambda: len(site.fleet.items) == 2)
    await node.send("report", items("report", report(2, u=1_700_000_020_000, e=40)))
    await site.fleet.wait(lambda: bool(site.fleet.anchors))
    await site.fleet.wait(lambda: len(site.fleet.items) == 3)
    assert site.fleet.anchors == [{"node": "n-1", "boot": BOOT, "offset_ms": 1_700_000_000_000, "error_ms": 44}]
    assert site.fleet.items["n-1", BOOT, 2]["time"] == {"how": "node", "start_ms": 1_700_000_020_000, "error_ms": 40}
    await node.send("report", items("report", report(3)))
    await site.fleet.wait(lambda: len(site.fleet.items) == 4)
    assert site.fleet.items["n-1", BOOT, 3]["time"] == {"how": "anchor", "start_ms": 1_700_000_030_000, "error_ms": 42}
    assert len(site.fleet.anchors) == 1


async def test_a_refused_document_changes_nothing_and_the_fleet_is_told_every_fault(site: Site) -> None:
    gateway = await site.start_with("n-1")
    before = (site.state / "desired.json").read_bytes()
    bad = desired_node("n-1", version=9, period_ms=1) | {"key": "short"}
    await site.fleet.desire([bad, desired_node("N 2")])
    await site.fleet.wait(lambda: any(not r["ok"] for r in site.fleet.reports), what="refusal reported")
    refusal = next(r for r in site.fleet.reports if not r["ok"])
    assert refusal["version"] == 2
    assert [fault.split(":")[0] for fault in refusal["faults"]] == ["nodes[0].key", "nodes[0].settings.period_ms", "nodes[1].node"]
    assert gateway.desired.version == 1
    assert (site.state / "desired.json").read_bytes() == before
    await site.fleet.wait(lambda: site.fleet.asked[-1] == 2, what="only a newer one is asked for")
    await site.fleet.desire([desired_node("n-1")])
    await until(lambda: gateway.desired.version == 3, "the next good one is taken")


async def test_log_lines_and_last_wills_are_taken(site: Site) -> None:
    site.delays = Delays(gather_logs_s=0.01)
    gateway = await site.start_with("n-1")
    node = await site.node("n-1")
    await node.send("log", {"b": BOOT, "s": 12, "t": "fan slow"})
    await site.fleet.wait(lambda: bool(site.fleet.log_lines))
    assert site.fleet.log_lines[0]["node"] == "n-1"
    assert site.fleet.log_lines[0]["text"] == "fan slow"
    await node.send("gone", {"b": BOOT})
    await until(lambda: gateway.counters["nodes.gone"] == 1, "gone")
    assert gateway.reception.heard["n-1"].gone


async def test_a_crashing_task_is_started_again_and_the_others_do_not_notice(site: Site) -> None:
    gateway = await site.start_with("n-1")
    crashed = asyncio.Event()

    async def crash() -> None:
        crashed.set()
        raise LookupError("on purpose")

    gateway.supervision.start("crashing", crash)
    async with asyncio.timeout(30):
        await crashed.wait()
        crashed.clear()
        await crashed.wait()
    node = await site.node("n-1")
    await node.send("report", items(messages.REPORT, report(0)))
    await node.wait_acked(0)
    assert gateway.counters["tasks.crashed"] >= 1


async def test_a_fleet_that_does_not_hold_the_question_is_not_asked_in_a_hurry(site: Site) -> None:
    site.fleet.longest_wait_s = 0.0
    await site.start_with("n-1")
    site.fleet.asked.clear()
    async with asyncio.timeout(30):
        begun_s = asyncio.get_running_loop().time()
        await site.fleet.wait(lambda: len(site.fleet.asked) == 3)
        assert asyncio.get_running_loop().time() - begun_s > 1.9
