"""Any number in any type and order comes out as it was put in; any bytes at all come out as a value or a quality."""

import struct
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from contract.profiles import ORDERS, TYPES
from contract.quality import OK, REJECTED, SENTINEL
from firmware.tests.test_modbus_values import _STRUCT, field, in_order

_WIRE = 0x7FFFFFFF
_INTEGERS = {
    "u16": (0, 0xFFFF),
    "s16": (-0x8000, 0x7FFF),
    "u32": (0, _WIRE),
    "s32": (-_WIRE, _WIRE),
    "u64": (0, _WIRE),
    "s64": (-_WIRE, _WIRE),
}
order = st.sampled_from(ORDERS)


@given(st.data(), st.sampled_from(sorted(_INTEGERS)), order)
def test_integers_come_back(data: st.DataObject, kind: str, order: str) -> None:
    value = data.draw(st.integers(*_INTEGERS[kind]))
    made = field(kind, order)
    assert made.take(in_order(struct.pack(_STRUCT[kind], value), order)) == OK
    assert made.value == value


@given(st.floats(width=32, allow_nan=False, allow_infinity=False), order, st.integers(1, 10000), st.integers(1, 10000))
def test_floats_come_back_to_the_nearest(number: float, order: str, multiply: int, divide: int) -> None:
    made = field("f32", order, multiply=multiply, divide=divide)
    quality = made.take(in_order(struct.pack(">f", number), order))
    exact = Fraction(number) * multiply / divide
    if abs(exact) < _WIRE - 1:
        assert quality == OK
        assert abs(made.value - exact) <= Fraction(1, 2)
    else:
        assert quality == REJECTED or abs(made.value - exact) <= Fraction(1, 2)


@given(st.sampled_from(sorted(TYPES)), order, st.binary(min_size=8, max_size=8))
def test_any_bytes_are_a_value_within_32_bits_or_none(kind: str, order: str, data: bytes) -> None:
    made = field(kind, order)
    assert made.take(data) in (OK, REJECTED, SENTINEL)
    assert abs(made.value) <= _WIRE
