"""Times that an anchor repairs: the better one counts, and what was believed first is kept."""

from fleet.tests.district import BOOT, START_MS, District, in_ms, report


async def test_an_anchor_repairs_times_known_by_bounds_and_keeps_both(district: District) -> None:
    loose = report(1, how="bounds", start_ms=START_MS - 500_000, error_ms=100_000)
    await district.ingest(loose, report(2))
    anchor = {"node": "n-1", "boot": BOOT, "offset_ms": START_MS + 7, "error_ms": 30}
    await district.ingest(anchors=[anchor])
    first, second = (await district.read("nodes/n-1/items"))["items"]
    original = {"how": "bounds", "start_ms": START_MS - 500_000, "error_ms": 100_000}
    assert in_ms(first["time"]) == {"how": "anchor", "start_ms": START_MS + 10_007, "error_ms": 30, "original": original}
    assert in_ms(second["time"]) == {"how": "node", "start_ms": START_MS + 20_000, "error_ms": 20}
    series = await district.read("nodes/n-1/series", quantity="pm2_5_cf1", from_ms=0, to_ms=START_MS + 60_000)
    assert [(point["start_ms"], point["how"]) for point in series["points"]] == [(START_MS + 10_007, "anchor"), (START_MS + 20_000, "node")]
    (boot,) = await district.boots()
    assert boot["first_ms"] == START_MS + 10_007


async def test_items_that_come_after_the_anchor_are_dated_by_it(district: District) -> None:
    anchor = {"node": "n-1", "boot": BOOT, "offset_ms": START_MS, "error_ms": 30}
    await district.ingest(anchors=[anchor])
    await district.ingest(report(1, how="bounds", start_ms=5, error_ms=100_000), report(2, how="bounds", start_ms=5, error_ms=10))
    times = [item["time"] for item in (await district.read("nodes/n-1/items"))["items"]]
    assert [(time["how"], time["start_ms"], time["error_ms"]) for time in times] == [("anchor", START_MS + 10_000, 30), ("bounds", 5, 10)]


async def test_a_worse_anchor_changes_nothing(district: District) -> None:
    await district.ingest(report(1, how="bounds", start_ms=5, error_ms=100))
    await district.ingest(anchors=[{"node": "n-1", "boot": BOOT, "offset_ms": START_MS, "error_ms": 101}, {"node": "n-1"}])
    (item,) = (await district.read("nodes/n-1/items"))["items"]
    assert in_ms(item["time"]) == {"how": "bounds", "start_ms": 5, "error_ms": 100}
    gateway = await district.read("gateways/g-1")
    assert [refusal["reason"] for refusal in gateway["refused"]] == ["bad_anchor"]


async def test_a_better_anchor_repairs_again_and_what_was_believed_first_is_kept(district: District) -> None:
    await district.ingest(report(1, how="bounds", start_ms=5, error_ms=100_000))
    for offset_ms, error_ms in ((START_MS + 9_000, 10_000), (START_MS, 30), (START_MS + 8_000, 40)):
        await district.ingest(anchors=[{"node": "n-1", "boot": BOOT, "offset_ms": offset_ms, "error_ms": error_ms}])
    (item,) = (await district.read("nodes/n-1/items"))["items"]
    original = {"how": "bounds", "start_ms": 5, "error_ms": 100_000}
    assert in_ms(item["time"]) == {"how": "anchor", "start_ms": START_MS + 10_000, "error_ms": 30, "original": original}
    (point,) = (await district.read("nodes/n-1/series", quantity="pm2_5_cf1", from_ms=0, to_ms=START_MS + 60_000))["points"]
    assert (point["start_ms"], point["error_ms"]) == (START_MS + 10_000, 30)
