# Both checksums against published examples.

from contract.crc import crc16_frame, crc16_modbus
from contract.tests.golden import load

_CASES = load("crc")
_FUNCTIONS = (("modbus", crc16_modbus), ("frame", crc16_frame))


def test_checksums_agree_with_the_examples() -> None:
    for kind, function in _FUNCTIONS:
        for case in _CASES[kind]:
            assert function(bytes.fromhex(case["data"])) == int(case["crc"], 16), case["name"]


def test_a_checksum_may_be_taken_byte_by_byte() -> None:
    for kind, function in _FUNCTIONS:
        for case in _CASES[kind]:
            crc = 0xFFFF
            for byte in bytes.fromhex(case["data"]):
                crc = function(bytes((byte,)), crc)
            assert crc == int(case["crc"], 16), case["name"]


def test_every_single_wrong_bit_changes_the_checksum() -> None:
    data = bytes.fromhex("0103040292ff9b")
    for _, function in _FUNCTIONS:
        for bit in range(8 * len(data)):
            wrong = bytearray(data)
            wrong[bit // 8] ^= 1 << bit % 8
            assert function(wrong) != function(data), bit


def test_views_and_bytearrays_are_taken_as_they_are() -> None:
    for _, function in _FUNCTIONS:
        assert function(memoryview(b"123456789")[0:4]) == function(bytearray(b"1234")) == function(b"1234")
