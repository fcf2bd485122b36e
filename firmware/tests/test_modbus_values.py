# Registers to wire values: every type in every order, the edges of each, floats by their bits.

import struct

from contract.profiles import ORDERS, TYPES, whole
from contract.quality import OK, OUT_OF_RANGE, REJECTED, SATURATED, SENTINEL
from contract.register_values import Field, places

_STRUCT = {"u16": ">H", "s16": ">h", "u32": ">I", "s32": ">i", "u64": ">Q", "s64": ">q", "f32": ">f"}
# Two unlike bytes in each word show every permutation.
SAMPLES = {
    "u16": 0x1234,
    "s16": -0x1234,
    "u32": 0x12345678,
    "s32": -0x12345678,
    "u64": 0x1234567,
    "s64": -0x1234567,
    "f32": 1234.5,
}


def in_order(big: bytes, order: str) -> bytes:
    """The same bytes as a part of this order sends them: made by words, not by the driver's places."""
    words = [big[at : at + 2] for at in range(0, len(big), 2)]
    if order in ("cdab", "dcba"):
        words.reverse()
    if order in ("badc", "dcba"):
        words = [word[1:] + word[:1] for word in words]
    return b"".join(words)


def field(kind: str, order: str = "abcd", **more: object) -> Field:
    row = {"register": 0, "type": kind, "order": order, "quantity": "tvoc", "least": -0x7FFFFFFF, "greatest": 0x7FFFFFFF}
    row.update(more)
    return Field(0, whole({"line": [9600, 8, "N", 1], "fields": [row]})["fields"][0])


def taken(made: Field, data: bytes) -> tuple:
    quality = made.take(data)
    return quality, made.value


def test_every_type_in_every_order() -> None:
    for kind in TYPES:
        for order in ORDERS:
            data = in_order(struct.pack(_STRUCT[kind], SAMPLES[kind]), order)
            multiply = 2 if kind == "f32" else 1
            assert taken(field(kind, order, multiply=multiply), data) == (OK, int(SAMPLES[kind] * multiply)), (kind, order)


def test_the_orders_of_four_bytes_are_as_they_are_named() -> None:
    for order in ORDERS:
        assert "".join(order[place] for place in places(2, order)) == "abcd", order


def test_the_edges_of_each_type() -> None:
    for kind, raw, value in (
        ("u16", b"\xff\xff", 65535),
        ("s16", b"\x80\x00", -32768),
        ("u32", b"\x7f\xff\xff\xff", 0x7FFFFFFF),
        ("s32", b"\x80\x00\x00\x01", -0x7FFFFFFF),
        ("s64", b"\xff" * 8, -1),
        ("u64", bytes(8), 0),
    ):
        assert taken(field(kind), raw) == (OK, value), kind


def test_what_the_wire_cannot_say_is_rejected_and_not_cut() -> None:
    assert field("u32").take(b"\x80\x00\x00\x00") == REJECTED
    assert field("u64").take(b"\xff" * 8) == REJECTED
    assert field("f32").take(struct.pack(">f", 3e9)) == REJECTED
    assert field("f32").take(struct.pack(">f", -3.4e38)) == REJECTED


def test_a_float_is_scaled_to_the_nearest_and_keeps_its_sign() -> None:
    for number, multiply, divide, value in (
        (0.0, 1000, 1, 0),
        (-0.0, 1000, 1, 0),
        (1e-40, 1000, 1, 0),
        (0.0124, 1000, 1, 12),
        (0.0126, 1000, 1, 13),
        (-21.37, 100, 1, -2137),
        (1234.5, 1, 10, 123),
        (16777216.0, 100, 1, 1677721600),
    ):
        assert taken(field("f32", multiply=multiply, divide=divide), struct.pack(">f", number)) == (OK, value), number


def test_a_float_that_is_no_number_is_no_value() -> None:
    for number in (float("nan"), float("inf"), float("-inf")):
        assert field("f32").take(struct.pack(">f", number)) == SENTINEL


def test_a_raw_value_that_means_none_is_no_value_whatever_the_order() -> None:
    assert field("s16", none=[0x7FFF]).take(b"\x7f\xff") == SENTINEL
    assert field("u64", "dcba", none=[-1]).take(b"\xff" * 8) == SENTINEL
    assert field("f32", "cdab", none=[0x7FC00000]).take(in_order(b"\x7f\xc0\x00\x00", "cdab")) == SENTINEL


def test_range_and_saturation_keep_the_number() -> None:
    assert taken(field("u16", least=10, greatest=20), b"\x00\x15") == (OUT_OF_RANGE, 21)
    assert taken(field("u16", least=10, greatest=20), b"\x00\x09") == (OUT_OF_RANGE, 9)
    assert taken(field("u16", saturates=1000, multiply=10), b"\x00\x64") == (SATURATED, 1000)
    assert taken(field("u16", saturates=1000, multiply=10), b"\x00\x63") == (OK, 990)


def test_a_tvoc_register_pinned_at_1000_is_saturated_defect_14() -> None:
    from contract.shipped_profiles import PROFILES

    made = Field(0, whole(PROFILES["jxct_tvoc"])["fields"][0])
    assert taken(made, struct.pack(">H", 1000)) == (SATURATED, 10000)
    assert taken(made, struct.pack(">H", 999)) == (OK, 9990)
