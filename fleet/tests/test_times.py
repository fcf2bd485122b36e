"""Moments in a query and in an answer: ISO 8601 with an offset beside milliseconds, one rule everywhere; bins that lie on the clock."""

from datetime import UTC, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from contract.values import MAX_INT
from fleet.errors import InvalidError
from fleet.http import times
from fleet.record.bins import DAY_MS, whole_bins
from fleet.tests.district import START_MS, District, event, report

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR_MS = 3_600_000

TEXTS = {
    "2027-01-15T08:00:00Z": START_MS,
    "2027-01-15T08:00:00z": START_MS,
    "2027-01-15T16:00:00+08:00": START_MS,
    "2027-01-15T16:00+0800": START_MS,
    "2027-01-15 03:00:00-05:00": START_MS,
    "2027-01-15T08:00:00.250Z": START_MS + 250,
    "2027-01-15T08:00:00,250Z": START_MS + 250,
}


@pytest.mark.parametrize(("text", "moment_ms"), TEXTS.items())
def test_a_text_with_an_offset_is_a_moment(text: str, moment_ms: int) -> None:
    assert times.moment_of_text("from", text) == moment_ms


REFUSED_TEXTS = {
    "2027-01-15T08:00:00": "without an offset",
    "2027-01-15": "without an offset",
    "2027-01-15T16:00:00 08:00": "write + as %2B",
    "2027-02-30T08:00:00Z": "no such date",
    "2027-01-15T25:00:00Z": "no such date",
    "yesterday": "a date and time with its offset",
    "": "a date and time with its offset",
    "1800000000000": "a date and time with its offset",
    "二〇二七": "a date and time with its offset",
}


@pytest.mark.parametrize(("text", "said"), REFUSED_TEXTS.items())
def test_another_text_is_refused_with_what_to_write(text: str, said: str) -> None:
    with pytest.raises(InvalidError) as refused:
        times.moment_of_text("from", text)
    assert said in refused.value.faults[0].allowed and times.EXAMPLE in refused.value.faults[0].allowed


NUMBERS = {0: "", START_MS: "", START_MS // 1000: "seconds", START_MS * 1000: "microseconds", 5: "`from`", MAX_INT: "`from`"}


@pytest.mark.parametrize(("number", "said"), NUMBERS.items())
def test_a_number_of_no_plausible_year_is_refused_with_the_unit_that_it_looks_like(number: int, said: str) -> None:
    if not said:
        assert times.moment_of_number("from_ms", number) == number
        return
    with pytest.raises(InvalidError) as refused:
        times.moment_of_number("from_ms", number)
    assert said in refused.value.faults[0].allowed


def test_a_text_says_ms_and_offset_and_there_is_none_beyond_the_calendar() -> None:
    assert times.text_of(START_MS + 7, SHANGHAI) == "2027-01-15T16:00:00.007+08:00"
    assert times.text_of(0, UTC) == "1970-01-01T00:00:00.000+00:00"
    assert times.text_of(MAX_INT, SHANGHAI) is None


@pytest.mark.parametrize("moment_ms", [1, 999, START_MS + 1, START_MS + 999, 4_102_444_799_999])
def test_what_is_written_is_read_as_the_same_moment(moment_ms: int) -> None:
    assert times.moment_of_text("from", str(times.text_of(moment_ms, SHANGHAI))) == moment_ms


# A local day of Shanghai begins at 16:00 UTC.
MIDNIGHT_MS = START_MS + 8 * HOUR_MS
BINS: list[tuple[int, int, int, Any, tuple[int, int]]] = [
    (START_MS + 7_143, START_MS + 3_607_143, 60_000, SHANGHAI, (START_MS, START_MS + 3_660_000)),
    (START_MS, START_MS + HOUR_MS, HOUR_MS, SHANGHAI, (START_MS, START_MS + HOUR_MS)),
    (MIDNIGHT_MS + 1, MIDNIGHT_MS + 2, DAY_MS, SHANGHAI, (MIDNIGHT_MS, MIDNIGHT_MS + DAY_MS)),
    (MIDNIGHT_MS - 1, MIDNIGHT_MS, DAY_MS, SHANGHAI, (MIDNIGHT_MS - DAY_MS, MIDNIGHT_MS)),
    (MIDNIGHT_MS, MIDNIGHT_MS + 1, DAY_MS, UTC, (MIDNIGHT_MS - 16 * HOUR_MS, MIDNIGHT_MS + 8 * HOUR_MS)),
    (START_MS + 1, START_MS + 2, HOUR_MS, timezone(timedelta(hours=5, minutes=45)), (START_MS - 45 * 60_000, START_MS + 15 * 60_000)),
    (0, 1, DAY_MS, SHANGHAI, (0, 16 * HOUR_MS)),
    (START_MS, START_MS, HOUR_MS, SHANGHAI, (START_MS, START_MS)),
]


@pytest.mark.parametrize(("from_ms", "to_ms", "step_ms", "zone", "expected"), BINS)
def test_bins_begin_on_the_clock_of_the_place(from_ms: int, to_ms: int, step_ms: int, zone: Any, expected: tuple[int, int]) -> None:
    assert whole_bins(from_ms, to_ms, step_ms, zone) == expected


@pytest.mark.parametrize("step_ms", [1, 999, 7_000_000, DAY_MS - 1, 2 * DAY_MS])
def test_a_step_that_does_not_divide_a_day_is_refused(step_ms: int) -> None:
    with pytest.raises(InvalidError):
        whole_bins(START_MS, START_MS + DAY_MS, step_ms, SHANGHAI)


def test_days_over_a_change_of_the_clocks_are_refused_and_hours_are_not() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    march_ms = times.moment_of_text("from", "2027-03-27T00:00:00+01:00")
    with pytest.raises(InvalidError) as refused:
        whole_bins(march_ms, march_ms + 3 * DAY_MS, DAY_MS, berlin)
    assert "tz=UTC" in refused.value.faults[0].allowed
    assert whole_bins(march_ms, march_ms + 3 * DAY_MS, HOUR_MS, berlin) == (march_ms, march_ms + 3 * DAY_MS)
    assert whole_bins(march_ms, march_ms + DAY_MS, DAY_MS, berlin) == (march_ms, march_ms + DAY_MS)


async def test_the_bins_of_a_series_are_the_same_at_every_call(district: District) -> None:
    await district.ingest(*(report(seq) for seq in range(30)))
    seen = []
    for now_ms in (START_MS + 247_143, START_MS + 251_999):
        district.time.now_ms = now_ms
        found = await district.read("nodes/n-1/series", quantity="pm2_5_cf1", step_ms=60_000)
        seen.append([(point["start_ms"], point["start"]) for point in found["points"]])
    assert seen[0] == seen[1]
    assert (START_MS, "2027-01-15T16:00:00.000+08:00") in seen[0] and all(start_ms % 60_000 == 0 for start_ms, _ in seen[0])


async def test_a_day_of_the_district_is_a_local_day_unless_another_zone_is_asked_for(district: District) -> None:
    await district.ingest(report(0))
    query = {"quantity": "pm2_5_cf1", "step_ms": DAY_MS, "from_ms": START_MS}
    for zone, begin_ms in (({}, START_MS - 16 * HOUR_MS), ({"tz": "UTC"}, START_MS - 8 * HOUR_MS)):
        found = await district.read("nodes/n-1/series", **query, **zone)
        assert [point["start_ms"] for point in found["points"]] == [begin_ms]


@pytest.mark.parametrize("path", ["nodes/n-1/series", "sites/s-1/series"])
async def test_a_span_is_the_same_in_text_and_in_ms(district: District, path: str) -> None:
    await district.ingest(*(report(seq) for seq in range(10)))
    numbers = {"from_ms": START_MS + 20_000, "to_ms": START_MS + 50_000}
    texts = {"from": "2027-01-15T16:00:20+08:00", "to": "2027-01-15T08:00:50Z"}
    in_ms, in_text = [await district.read(path, quantity="pm2_5_cf1", **span) for span in (numbers, texts)]
    assert in_ms == in_text and "2027-01-15T16:00:20.000+08:00" in str(in_ms)


# What of a query has a fault, and what is said of it.
FAULTY: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "a_local_time": ("nodes/n-1/series?quantity=tvoc", {"from": "2027-01-15T08:00"}, "from", "offset"),
    "seconds": ("nodes/n-1/series?quantity=tvoc", {"from_ms": START_MS // 1000}, "from_ms", "seconds"),
    "an_end_in_seconds": ("sites/s-1/series?quantity=tvoc", {"to_ms": START_MS // 1000}, "to_ms", "seconds"),
    "both_forms": ("events", {"from": "2027-01-15T08:00Z", "from_ms": START_MS}, "from_ms", "left out where"),
    "an_end_before_the_beginning": ("alarms", {"from_ms": START_MS, "to_ms": START_MS - 1}, "from_ms", "not after"),
    "a_beginning_ahead": ("nodes/n-1/series?quantity=tvoc", {"from_ms": START_MS + 5}, "from", "not after now"),
    "limit_with_step": ("nodes/n-1/series?quantity=tvoc", {"step_ms": 60_000, "limit": 5}, "limit", "step_ms"),
    "zone_without_step": ("nodes/n-1/series?quantity=tvoc", {"tz": "UTC"}, "tz", "step_ms"),
    "no_zone": ("nodes/n-1/series?quantity=tvoc", {"step_ms": 60_000, "tz": "Mars/Olympus"}, "tz", "Asia/Shanghai"),
    "a_file_for_a_zone": ("nodes/n-1/series?quantity=tvoc", {"step_ms": 60_000, "tz": "../../etc/passwd"}, "tz", "Asia/Shanghai"),
    "seconds_of_changes": ("changes", {"from_ms": START_MS // 1000}, "from_ms", "seconds"),
}


@pytest.mark.parametrize(("path", "query", "named", "said"), FAULTY.values(), ids=FAULTY.keys())
async def test_a_faulty_span_is_refused_with_what_to_write(
    district: District, path: str, query: dict[str, Any], named: str, said: str
) -> None:
    bare, _, quantity = path.partition("?quantity=")
    response = await district.admin("GET", bare, **({"quantity": quantity} if quantity else {}), **query)
    (fault,) = response.json()["faults"]
    assert (response.status_code, fault["path"]) == (422, named) and said in fault["allowed"]


async def test_every_declared_moment_has_its_text_and_free_json_is_left_as_it_was(district: District) -> None:
    calibration = {"id": "c-1", "version": 1, "node": "n-1", "slot": 0, "quantity": "pm2_5_cf1", "from_ms": 5, "model": "linear",
                   "gain": 1, "offset": 0, "source": "bench"}  # fmt: skip
    stored = await district.admin("PUT", "gateways/g-1/configuration", {"calibrations": [calibration], "reason": "r"})
    assert stored.status_code == 200, stored.text
    configuration = await district.read("gateways/g-1/configuration")
    assert calibration in configuration["calibrations"].values() or [calibration] in configuration["calibrations"].values()
    await district.ingest(event(1, "link", {"start_ms": 5}), report(2))
    (of_event,) = (await district.read("events"))["items"]
    assert of_event["start"] == "2027-01-15T16:00:10.000+08:00" and of_event["particulars"] == {"start_ms": 5}
    (item, _) = (await district.read("nodes/n-1/items"))["items"]
    assert item["time"]["start"] == of_event["start"] and item["arrived"] and "u" not in item["body"]
    (latest,) = (await district.read("latest"))["items"]
    assert latest["channels"][0]["start"] == "2027-01-15T16:00:20.000+08:00" and "duration" not in latest["channels"][0]
