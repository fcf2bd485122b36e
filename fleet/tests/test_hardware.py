"""New hardware under the name of a node: a new key, the same series, and a ledger that tells both boards apart."""

from hashlib import sha256
from typing import Any

import pytest

from fleet.devices.hardware import ANOTHER_KEY, CLOCK_LAG_MS, Hardware, hardware_at
from fleet.tests.district import BOOT, LATER_BOOT, START_MS, District, applied, hello, report
from fleet.tests.things import HOUR_MS, at, clear, done, listed, measured, newest_change, of_node, of_site, refused

# A board that comes out of its box counts its boots from the beginning.
NEW_BOARD = "00000001cccccccc"


async def replace(district: District, hours: float, **more: Any) -> Any:
    at(district, hours)
    return await done(district, "POST", "nodes/n-1/hardware", **{"sensors": "kept", **more})


async def test_a_new_board_has_a_new_key_and_the_same_name_settings_and_series(district: District) -> None:
    await done(district, "PUT", "nodes/n-1/settings", settings={"period_ms": 2000})
    before = (await listed(district))["n-1"]
    await district.ingest(measured("n-1", 1, 10))
    made = await replace(district, 2)
    after = (await listed(district))["n-1"]
    assert (made["id"], after) == ("n-1", {**before, "key": made["key"]})
    assert made["key"] != before["key"]
    await district.ingest(measured("n-1", 3, 30, boot=NEW_BOARD))
    assert (await of_node(district, "n-1"), await of_site(district, "s-1")) == ([(1, 10.0), (3, 30.0)], {1: [(1, 10.0), (3, 30.0)]})
    change = await newest_change(district, "node_hardware_replaced")
    old, new = (sha256(bytes.fromhex(key)).hexdigest()[:16] for key in (before["key"], made["key"]))
    assert (change["before"], change["after"]) == ({"hardware": 1, "key": old}, {"hardware": 2, "key": new, "sensors": "kept"})


async def test_the_ledger_shows_both_boards_and_which_boot_was_whose(district: District) -> None:
    await district.ingest(measured("n-1", 1, 10, boot=LATER_BOOT))
    await replace(district, 2)
    at(district, 4)
    late = measured("n-1", 1.5, 15, boot="00000003dddddddd")  # of the old board; its gateway was without a line
    await district.ingest(measured("n-1", 3, 30, boot=NEW_BOARD), late)
    ledger = await district.read("nodes/n-1/ledger")
    assert [(one["number"], one["from_ms"] - START_MS, one["to_ms"]) for one in ledger["hardware"]] == [
        (1, 0, START_MS + 2 * HOUR_MS), (2, 2 * HOUR_MS, None),
    ]  # fmt: skip
    assert {boot["boot"]: (boot["hardware"], boot["ended_by"]) for boot in ledger["boots"]} == {
        LATER_BOOT: (1, "00000003dddddddd"), "00000003dddddddd": (1, NEW_BOARD), NEW_BOARD: (2, None),
    }  # fmt: skip


async def test_a_board_that_counts_from_one_again_runs_whatever_is_known_of_the_old_one(district: District) -> None:
    # The old one reached boot 9, and its clock was a year ahead.
    await district.ingest(measured("n-1", 8760, 10, boot="00000009aaaaaaaa"))
    await replace(district, 2)
    await done(district, "PUT", "nodes/n-1/settings", settings={"period_ms": 2000})
    at(district, 3)
    await district.ingest({**hello(boot=NEW_BOARD, c=1), "arrived_ms": START_MS + 3 * HOUR_MS})
    assert (await district.read("nodes/n-1/settings"))["state"] == "confirmed"


async def test_what_the_old_board_said_of_its_settings_does_not_count_for_the_new_one(district: District) -> None:
    await done(district, "PUT", "nodes/n-1/settings", settings={"period_ms": 2000})
    await district.ingest(hello(), applied(1, 1))
    assert (await district.read("nodes/n-1/settings"))["state"] == "confirmed"
    await replace(district, 2)
    assert (await district.read("nodes/n-1/settings"))["state"] == "never_heard"
    await district.ingest(applied(2, 1), report(3, c=1))
    assert (await district.read("nodes/n-1/settings"))["state"] == "never_heard"


async def test_a_key_is_taken_as_provisioned_and_never_twice(district: District) -> None:
    assert (await replace(district, 1, key="ab" * 32))["key"] == "ab" * 32
    problem = await refused(district, "POST", "nodes/n-1/hardware", 422, sensors="kept", key="ab" * 32)
    assert problem["faults"] == [{"path": "key", "value": None, "allowed": ANOTHER_KEY}]
    assert (await replace(district, 2))["key"] != "ab" * 32
    assert len((await district.read("nodes/n-1/ledger"))["hardware"]) == 3


async def test_exchanged_sensors_are_refused_as_long_as_a_calibration_is_of_the_old_ones(district: District) -> None:
    calibration = {"id": "c", "version": 1, "node": "n-1", "slot": 0, "quantity": "pm2_5_cf1", "from_ms": 1, "model": "linear"}
    await done(district, "PUT", "gateways/g-1/configuration", calibrations=[calibration])
    before = await listed(district)
    problem = await refused(district, "POST", "nodes/n-1/hardware", 422, sensors="exchanged")
    assert [fault["path"] for fault in problem["faults"]] == ["calibrations[0].node"]
    assert await listed(district) == before
    await replace(district, 1, sensors="kept")
    await clear(district, "calibrations")
    await replace(district, 2, sensors="exchanged")
    after = (await newest_change(district, "node_hardware_replaced"))["after"]
    assert (after["hardware"], after["sensors"]) == (3, "exchanged")


async def test_only_a_node_that_is_deployed_gets_new_hardware(district: District) -> None:
    await district.add_node("n-2", replaces="n-1")
    problem = await refused(district, "POST", "nodes/n-1/hardware", 422, sensors="kept")
    assert "another has taken the place of this one" in problem["faults"][0]["allowed"]
    for name in ("n-9", "g-1"):
        await refused(district, "POST", f"nodes/{name}/hardware", 404, sensors="kept")


_BOARDS = [Hardware(1, 0, 100_000), Hardware(2, 100_000, 200_000), Hardware(3, 200_000, None)]
_MOMENTS = {0: 1, 100_000 - CLOCK_LAG_MS - 1: 1, 100_000 - CLOCK_LAG_MS: 2, 150_000: 2, 200_000: 3, 10**15: 3}


@pytest.mark.parametrize(("moment_ms", "number"), _MOMENTS.items())
def test_a_boot_is_of_the_board_whose_key_its_gateway_took(moment_ms: int, number: int) -> None:
    assert hardware_at(_BOARDS, moment_ms) == number


async def test_a_boot_of_the_only_board_is_of_that_board(district: District) -> None:
    await district.ingest(report(1), report(1, node="g-1"))
    assert [(boot["boot"], boot["hardware"]) for boot in await district.boots()] == [(BOOT, 1)]
    assert (await district.read("nodes/g-1/ledger"))["hardware"] == []
