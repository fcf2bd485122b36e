"""What a BAM-1020 prints, as hours: captures whole, byte by byte, with garbage, and hostile."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import quality as q
from contract.site.qualities import KEYS
from gateway.sources.bam1020 import LETTERS, BamDecoder, Hour, time_ms

CAPTURES = {path.stem: json.loads(path.read_text()) for path in sorted((Path(__file__).parent / "captures").glob("bam1020_*.json"))}
HEADER = b"Time,Conc(mg/m3),Qtot(m3),E,U,M,I,L,R,N,F,P,D,C,T\r\n"
RECORD = b"08/15/26 13:00, 0.0213, 0.833,0,0,0,0,0,0,0,0,0,0,0,0\r\n"
GOOD = Hour(1_786_798_800_000, q.OK, 2130, "")


def hours(data: bytes, at_once: int = 10_000) -> list[Hour]:
    decoder = BamDecoder()
    found = []
    for at in range(0, len(data), at_once):
        decoder.feed(data[at : at + at_once])
        while (hour := decoder.next_hour()) is not None:
            found.append(hour)
    return found


def shown(hour: Hour) -> dict[str, Any]:
    return {"end_ms": hour.end_ms, "quality": KEYS[hour.quality], "ugm3_x100": hour.ugm3_x100, "letters": hour.letters}


@pytest.mark.parametrize("at_once", [1, 5, 10_000])
@pytest.mark.parametrize("capture", CAPTURES.values(), ids=CAPTURES)
def test_a_capture_becomes_its_hours(capture: dict[str, Any], at_once: int) -> None:
    assert [shown(hour) for hour in hours("".join(capture["bytes"]).encode("latin-1"), at_once)] == capture["hours"]


@pytest.mark.parametrize("noise", [b"\xff\x00\xfe", b"*", b"\r\r\r", b"08/15/26 13", b"> 6\r\n", b",,,,,,\r\n"])
def test_garbage_before_between_and_after_costs_only_what_it_touches(noise: bytes) -> None:
    assert hours(noise + b"\r\n" + HEADER + noise + b"\r\n" + RECORD + noise, 4) == [GOOD]


@pytest.mark.parametrize("letter", LETTERS)
def test_every_letter_spoils_its_hour_and_keeps_the_number(letter: str) -> None:
    flags = ",".join("1" if name == letter else "0" for name in LETTERS)
    (hour,) = hours(HEADER + f"08/15/26 13:00,0.0213,0.833,{flags}\r\n".encode())
    assert hour == Hour(GOOD.end_ms, q.SENSOR_ERROR, 2130, letter)


def test_a_record_without_names_before_it_is_no_number() -> None:
    assert hours(RECORD) == []


@given(st.integers(0, len(RECORD) - 3))
def test_a_torn_record_is_never_a_good_hour(kept: int) -> None:
    assert GOOD not in hours(HEADER + RECORD[:kept] + b"\r\n")


@given(st.binary(max_size=200))
def test_no_bytes_bring_it_down(data: bytes) -> None:
    decoder = BamDecoder()
    decoder.feed(HEADER + data + b"\r\n")
    decoder.feed(HEADER + RECORD)
    found = []
    while (hour := decoder.next_hour()) is not None:
        found.append(hour)
    assert found[-1:] == [GOOD]


@given(st.lists(st.text("0123456789.,-/: ENaif+", max_size=10), min_size=1, max_size=20))
def test_whatever_stands_in_the_columns_is_an_hour_with_a_reason_or_none(fields: list[str]) -> None:
    for hour in hours(HEADER + b"08/15/26 13:00," + ",".join(fields).encode() + b"\r\n"):
        assert hour.quality in KEYS and isinstance(hour.ugm3_x100, int)


@pytest.mark.parametrize("text", ["", "13:00", "13/15/26 10:00", "02/30/26 10:00", "08/15/26 25:00", "08/15/26 10:60", "2026-13-01 00:00"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert time_ms(text) is None


def test_the_last_hour_of_a_day_may_be_called_24() -> None:
    assert time_ms("08/15/26 24:00") == time_ms("08/16/26 0:00")
