"""Values of a mobile site by place: where each was measured, and why that is not known."""

from typing import Any

from fleet.record.track import MOST_AGE_MS
from fleet.tests.district import START_MS, District, report
from fleet.tests.things import EVER, add_site, at, done, refused

HERE = {"lat_e7": 312300000, "lon_e7": 1214700000, "speed_mm_s": 8300, "fix": "gps", "hdop_x100": 90, "age_ms": 1200}


def driven(seq: int, **position: Any) -> dict[str, Any]:
    return {**report(seq), **({"position": position} if position else {})}


async def test_each_value_has_the_place_of_its_time_or_why_there_is_none(district: District) -> None:
    at(district, 1)
    await district.ingest(
        driven(1, **HERE), driven(2, **{**HERE, "lat_e7": -1, "age_ms": MOST_AGE_MS}), driven(3, why="no_fix"),
        driven(4, **{**HERE, "age_ms": MOST_AGE_MS + 1}), driven(5),
    )  # fmt: skip
    track = await district.read("sites/s-1/track", quantity="pm2_5_cf1", **EVER)
    assert [(one["latitude"], one["longitude"], one["fix"], one["why"]) for one in track["points"]] == [
        (31.23, 121.47, "gps", None), (-1e-7, 121.47, "gps", None), (None, None, None, "no_fix"), (None, None, None, "off_track"),
        (None, None, None, "no_position"),
    ]  # fmt: skip
    assert {one["point"]["value"] for one in track["points"]} == {12.34} and track["unit"] == "ug/m3"
    assert [one["point"]["start_ms"] for one in track["points"]] == [START_MS + seq * 10_000 for seq in range(1, 6)]


async def test_a_track_goes_on_where_it_was_cut_and_keeps_with_its_site(district: District) -> None:
    at(district, 1)
    await district.ingest(*(driven(seq, **HERE) for seq in range(1, 8)))
    first = await district.read("sites/s-1/track", quantity="pm2_5_cf1", limit=3, **EVER)
    rest = await district.read("sites/s-1/track", quantity="pm2_5_cf1", from_ms=first["next_ms"], to_ms=EVER["to_ms"])
    assert [len(first["points"]), len(rest["points"]), rest["next_ms"]] == [3, 4, None]
    await add_site(district, "s-2")
    await done(district, "PATCH", "nodes/n-1", site="s-2")
    assert (await district.read("sites/s-2/track", quantity="pm2_5_cf1", **EVER))["points"] == []
    await refused(district, "GET", "sites/s-9/track", 422)
    assert (await district.admin("GET", "sites/s-1/track", quantity="pm2_5_cf1", step_ms=60_000)).status_code == 422
    assert (await district.admin("GET", "sites/s-9/track", quantity="pm2_5_cf1")).status_code == 404
