# Byte stuffing against published examples and against itself.

from contract import cobs
from contract.errors import FrameError
from contract.tests.golden import load, noise

_CASES = load("cobs")


def test_encoding_agrees_with_the_examples() -> None:
    for case in _CASES["good"]:
        assert cobs.encode(bytes.fromhex(case["data"])) == bytes.fromhex(case["stuffed"]), case["name"]


def test_decoding_agrees_with_the_examples() -> None:
    for case in _CASES["good"] + _CASES["other_encoders"]:
        assert cobs.decode(bytes.fromhex(case["stuffed"])) == bytes.fromhex(case["data"]), case["name"]


def test_what_is_not_stuffed_is_refused() -> None:
    for case in _CASES["bad"]:
        try:
            cobs.decode(bytes.fromhex(case["stuffed"]))
        except FrameError as error:
            assert error.reason == "cobs", case["name"]
        else:
            raise AssertionError(case["name"])


def test_any_bytes_survive_without_a_zero_and_at_most_1_in_254_longer() -> None:
    for length in list(range(40)) + list(range(250, 262)) + list(range(505, 515)):
        for data in (noise(length, length), bytes(length), b"\x01" * length):
            stuffed = cobs.encode(data)
            assert 0 not in stuffed
            assert len(stuffed) <= length + length // 254 + 1
            assert cobs.decode(stuffed) == data
