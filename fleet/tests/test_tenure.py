"""A gateway that a node has left delivers what it holds of it, whole, and does not speak for the node any more."""

from typing import Any

from fleet.tests.district import BOOT, LATER_BOOT, PM2_5, START_MS, District, applied, envelope, event, report
from fleet.tests.things import HOUR_MS, at, done, of_node

NEW_BOOT = "00000003cccccccc"
REFUSED = {"status": "refused", "reason": "not_of_this_gateway"}


def dated(boot: str, seq: int, began_h: float, hour: float, node: str = "n-1") -> dict[str, Any]:
    """A report of this hour in a boot that began at that hour."""
    uptime_ms, start_ms = int((hour - began_h) * HOUR_MS), START_MS + int(hour * HOUR_MS)
    body = {"s": uptime_ms, "d": 10_000, "c": 0, "ch": [[0, PM2_5, 0, 1, 100, 100, 100]]}
    item = envelope(seq, "report", body, node=node, boot=boot, start_ms=start_ms)
    return {**item, "arrived_ms": start_ms + 10_040}


async def moved(district: District, hour: float = 2) -> str:
    """n-1 is with g-2 since then; its token."""
    token = await district.add_gateway("g-2")
    await district.ingest(dated(BOOT, 0, 0, 1))
    at(district, hour)
    await done(district, "PATCH", "nodes/n-1", gateway="g-2")
    return token


async def counted(district: District, gateway: str) -> dict[str, int]:
    return {one["reason"]: one["count"] for one in (await district.read(f"gateways/{gateway}"))["refused"]}


async def test_reports_of_a_boot_that_began_after_the_move_are_the_new_gateways_only(district: District) -> None:
    token = await moved(district)
    at(district, 4)
    assert await district.ingest(dated(NEW_BOOT, 0, 3, 4)) == [REFUSED]
    assert await district.statuses(dated(NEW_BOOT, 0, 3, 4), token=token) == ["accepted"]
    assert await district.ingest(dated(NEW_BOOT, 1, 3, 4.1)) == [REFUSED]
    assert {boot["boot"]: boot["received"] for boot in await district.boots()} == {BOOT: 1, NEW_BOOT: 1}
    assert await counted(district, "g-1") == {"not_of_this_gateway": 2}


async def test_what_the_old_gateway_took_before_it_knew_of_the_move_comes_in_until_the_new_one_is_heard(district: District) -> None:
    token = await moved(district)
    at(district, 6)
    assert await district.statuses(dated(BOOT, 3, 0, 5)) == ["accepted"], "of a boot that ran through the move"
    assert await district.statuses(dated(BOOT, 5, 0, 5.9), token=token) == ["accepted"]
    at(district, 9)
    late = [dated(BOOT, 1, 0, 1.5), dated(BOOT, 4, 0, 5.5), dated(LATER_BOOT, 0, 1.6, 1.7)]
    assert await district.statuses(*late) == ["accepted"] * 3
    assert await district.ingest(dated(BOOT, 9, 0, 8)) == [REFUSED], "the node speaks through the other one by then"
    assert [hour for hour, _ in await of_node(district, "n-1")] == [1, 1.5, 1.7, 5, 5.5, 5.9]
    assert {boot["boot"]: boot["ended_by"] for boot in await district.boots()} == {BOOT: None, LATER_BOOT: BOOT}


async def test_an_anchor_of_the_old_gateway_brings_nothing_into_the_present(district: District) -> None:
    token = await moved(district)
    await district.ingest(dated(NEW_BOOT, 0, 2.5, 3), token=token)
    at(district, 9)
    undated = {**dated("00000002dddddddd", 4, 0, 1.8), "time": {"how": "bounds", "start_ms": START_MS + HOUR_MS, "error_ms": HOUR_MS}}
    undated["body"]["s"] = 6 * HOUR_MS
    assert await district.statuses(undated) == ["accepted"]
    anchor = {"node": "n-1", "boot": "00000002dddddddd", "offset_ms": START_MS + 2 * HOUR_MS, "error_ms": 20}
    before = await of_node(district, "n-1")
    await district.ingest(anchors=[anchor])
    await district.ingest(anchors=[{**anchor, "boot": NEW_BOOT, "offset_ms": START_MS + 5 * HOUR_MS}])
    assert await of_node(district, "n-1") == before
    assert await counted(district, "g-1") == {"not_of_this_gateway": 2}
    await district.ingest(anchors=[{**anchor, "offset_ms": START_MS - 9 * HOUR_MS // 2}])
    assert [hour for hour, _ in await of_node(district, "n-1")] == [1, 1.5, 3], "one that explains its own time is used"


async def test_summaries_dropped_ranges_alarms_and_events_of_the_present_are_refused_too(district: District) -> None:
    token = await moved(district)
    await district.ingest(dated(NEW_BOOT, 0, 2.5, 3), token=token)
    at(district, 9)

    def summary(hour: float) -> dict[str, Any]:
        start_ms = START_MS + int(hour * HOUR_MS)
        head = {"node": "n-1", "boot": BOOT, "from": 1, "to": 6, "reports": 6, "uptime_ms": 1000, "error_ms": 20}
        return {**head, "start_ms": start_ms, "duration_ms": 60_000, "ch": [[0, PM2_5, 0, 6, 60_000, 6, 500, 500, 500]]}

    def alarm(phase: str, since_h: float, at_h: float) -> dict[str, Any]:
        subject = {"rule": "r", "version": 1, "node": "n-1", "slot": 0, "quantity": "pm2_5_atm", "severity": "alarm"}
        moments = {"since_ms": START_MS + int(since_h * HOUR_MS), "at_ms": START_MS + int(at_h * HOUR_MS)}
        return {**subject, **moments, "phase": phase, "value": 1, "limit": 1, "scale": 1, "unit": "x", "window_ms": 1, "why": "condition"}

    own = {"node": "g-1", "boot": "0000000100000001"}
    late = [("summary", summary(1)), ("alarm", alarm("raise", 1, 1.2)), ("alarm", alarm("clear", 1, 8))]
    now = [("summary", summary(8)), ("alarm", alarm("raise", 8, 8.1)), ("alarm", alarm("raise", 1.1, 8.1))]
    items = [event(seq, kind, particulars, **own, start_ms=START_MS + 8 * HOUR_MS) for seq, (kind, particulars) in enumerate(late + now)]
    dropped = [{"node": "n-1", "boot": boot, "from": 7, "to": 8, "why": "thinned"} for boot in (BOOT, NEW_BOOT)]
    assert await district.statuses(*items, dropped=dropped) == ["accepted"] * 6, "what the gateway says is kept as its own"
    assert [hour for hour, _ in await of_node(district, "n-1")] == [1, 1, 3]
    assert await counted(district, "g-1") == {"not_of_this_gateway": 4}
    (ended,) = (await district.read("alarms"))["items"]
    assert (ended["since_ms"] - START_MS, ended["state"]) == (HOUR_MS, "past")
    assert {boot["boot"]: boot["dropped"] for boot in await district.boots()}[NEW_BOOT] == []
    assert {one["node"] for one in (await district.read("events", node="n-1"))["items"]} <= {"n-1"}
    assert len((await district.read("events", node="n-1"))["items"]) == 0, "an event of the old gateway is about itself by then"


async def test_what_the_old_gateway_reports_of_settings_does_not_hide_what_the_new_one_does(district: District) -> None:
    token = await moved(district)
    await done(district, "PUT", "nodes/n-1/settings", settings={"period_ms": 2000})
    refusal = {**applied(2, 1, ["no"]), "time": {"how": "node", "start_ms": START_MS + HOUR_MS, "error_ms": 20}}
    await district.ingest(dated(BOOT, 1, 0, 2.5), dated(BOOT, 3, 0, 2.6), token=token)
    await district.ingest({**report(4, c=1), "time": {"how": "node", "start_ms": START_MS + 3 * HOUR_MS, "error_ms": 20}}, token=token)
    assert (await district.read("nodes/n-1/settings"))["state"] == "confirmed"
    await done(district, "PUT", "nodes/n-1/settings", settings={"period_ms": 3000})
    refusal["body"]["c"] = 2
    assert await district.statuses(refusal) == ["accepted"]
    assert (await district.read("nodes/n-1/settings"))["state"] == "pending"


async def test_a_late_boot_ends_none_that_the_new_gateway_delivered_whatever_its_counter(district: District) -> None:
    token = await moved(district)
    await district.ingest(dated(NEW_BOOT, 0, 2.5, 3), token=token)
    late = dated("00000099eeeeeeee", 0, 1, 1.5)
    assert await district.statuses(late) == ["accepted"]
    ended = {boot["boot"]: boot["ended_by"] for boot in await district.boots()}
    assert (ended[NEW_BOOT], ended["00000099eeeeeeee"]) == (None, NEW_BOOT)
