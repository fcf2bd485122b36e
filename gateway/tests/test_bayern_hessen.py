"""Bayern-Hessen telegrams: captures whole, byte by byte, with garbage, and hostile; and what a value is worth."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import quality as q
from contract.quantities import ID
from gateway.sources.bayern_hessen import HessenDecoder, Value, bcc, question
from gateway.sources.hessen_monitor import reading

CAPTURES = {path.stem: json.loads(path.read_text()) for path in sorted((Path(__file__).parent / "captures").glob("hessen_*.json"))}
GOOD = b"\x02MD01 025 +2130-02 00 00 097 000123 \x03"
GOOD += bcc(GOOD)
VALUES = [Value(25, 2130, -2, 0, 0)]


def telegrams(data: bytes, at_once: int = 10_000) -> list[list[Value]]:
    decoder = HessenDecoder()
    found = []
    for at in range(0, len(data), at_once):
        decoder.feed(data[at : at + at_once])
        while (telegram := decoder.next_telegram()) is not None:
            found.append(telegram)
    return found


@pytest.mark.parametrize("at_once", [1, 5, 10_000])
@pytest.mark.parametrize("capture", CAPTURES.values(), ids=CAPTURES)
def test_a_capture_becomes_its_telegrams(capture: dict[str, Any], at_once: int) -> None:
    found = telegrams("".join(capture["bytes"]).encode("latin-1"), at_once)
    assert [[list(value) for value in telegram] for telegram in found] == capture["telegrams"]


def test_the_check_is_that_of_the_manual_and_the_question_has_it() -> None:
    assert bcc(b"\x02DA097\x03") == b"3A"
    assert question() == b"\x02DA\x03" + bcc(b"\x02DA\x03") + b"\r"


@pytest.mark.parametrize("noise", [b"\xff\x00\xfe", b"\x02", b"\x03", b"\x03AB", b"\x02MD01 02", b"\r\n"])
def test_garbage_before_between_and_after_costs_only_what_it_touches(noise: bytes) -> None:
    found = telegrams(noise + b"--" + GOOD + noise + b"--" + GOOD + noise, 4)
    assert found == [VALUES] * 2


@given(st.binary(max_size=200))
def test_no_bytes_bring_it_down_or_hide_what_follows(data: bytes) -> None:
    decoder = HessenDecoder()
    decoder.feed(data)
    decoder.feed(b"--" + GOOD)
    found = []
    while (telegram := decoder.next_telegram()) is not None:
        found.append(telegram)
    assert found[-1] == VALUES


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_one_byte_changed_is_never_another_number(at: int, change: int) -> None:
    damaged = bytearray(GOOD)
    damaged[at] ^= change
    assert telegrams(bytes(damaged)) in ([], [VALUES])


@given(st.text("MD0123456789+- \x02\x03AF", max_size=80))
def test_every_text_with_a_right_check_is_values_or_none(text: str) -> None:
    body = b"\x02" + text.encode() + b"\x03"
    for telegram in telegrams(body + bcc(body)):
        assert all(0 <= value.id <= 999 for value in telegram)


PM = ID["pm2_5_mass"]
READINGS: dict[str, tuple[Value, dict[str, int], tuple[int, int]]] = {
    "in the unit of the quantity": (Value(25, 2130, -2, 0, 0), {}, (2130, q.OK)),
    "in ng/m3": (Value(25, 2130, 1, 0, 0), {"divide": 1000}, (2130, q.OK)),
    "in mg/m3": (Value(25, 2130, -5, 0, 0), {"multiply": 1000}, (2130, q.OK)),
    "to the nearest": (Value(25, 1237, -5, 0, 0), {}, (1, q.OK)),
    "an error of the instrument": (Value(25, 2130, -2, 0, 1), {}, (2130, q.SENSOR_ERROR)),
    "zero gas": (Value(25, 0, 0, 4, 0), {}, (0, q.SENSOR_ERROR)),
    "below zero": (Value(25, -400, -2, 0, 0), {}, (-400, q.OUT_OF_RANGE)),
    "beyond the wire": (Value(25, 9999, 9, 0, 0), {}, (0, q.REJECTED)),
}


@pytest.mark.parametrize(("value", "factors", "read"), READINGS.values(), ids=READINGS)
def test_a_value_becomes_a_reading(value: Value, factors: dict[str, int], read: tuple[int, int]) -> None:
    assert reading(value, {"multiply": 1, "divide": 1, **factors}, PM) == read
