"""Checksums, byte stuffing, frames and seals, for any bytes."""

import binascii

from hypothesis import given
from hypothesis import strategies as st

from contract import cobs
from contract.authentication import KEY_BYTES, hmac_sha256, portable_hmac_sha256, seal, unseal
from contract.crc import crc16_frame, crc16_modbus
from contract.errors import AuthenticationError, FrameError
from contract.frames import FrameDecoder, encode_frame

_FRAMES = st.lists(st.tuples(st.integers(0, 247), st.binary(max_size=600)), max_size=6)


def _modbus_bit_by_bit(data: bytes) -> int:
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def _take(decoder: FrameDecoder) -> list[tuple[int, bytes]]:
    return list(iter(decoder.next_frame, None))


@given(st.binary())
def test_checksums_agree_with_other_implementations(data: bytes) -> None:
    assert crc16_frame(data) == binascii.crc_hqx(data, 0xFFFF)
    assert crc16_modbus(data) == _modbus_bit_by_bit(data)


@given(st.binary() | st.lists(st.sampled_from([b"\0", b"\1" * 127, b"\xff" * 254]), max_size=8).map(b"".join))
def test_stuffing_goes_there_and_back(data: bytes) -> None:
    stuffed = cobs.encode(data)
    assert 0 not in stuffed
    assert cobs.decode(stuffed) == data


@given(st.binary())
def test_unstuffing_anything_gives_bytes_or_a_frame_error(data: bytes) -> None:
    try:
        cobs.decode(data)
    except FrameError as error:
        assert error.reason == "cobs"


@given(_FRAMES, st.lists(st.integers(1, 40), min_size=1))
def test_frames_survive_any_cutting(frames: list[tuple[int, bytes]], sizes: list[int]) -> None:
    stream = b"".join(encode_frame(address, payload) for address, payload in frames)
    decoder = FrameDecoder()
    found = []
    at = turn = 0
    while at < len(stream):
        size = sizes[turn % len(sizes)]
        decoder.feed(stream[at : at + size])
        found.extend(_take(decoder))
        at, turn = at + size, turn + 1
    assert found == frames
    assert not any(decoder.rejected.values())


@given(st.lists(st.tuples(st.binary(max_size=30), st.integers(0, 247), st.binary(max_size=50))), st.binary(max_size=30))
def test_frames_survive_garbage_around_them(parts: list[tuple[bytes, int, bytes]], after: bytes) -> None:
    decoder = FrameDecoder()
    decoder.feed(b"".join(garbage + encode_frame(address, payload) for garbage, address, payload in parts) + after)
    wanted = iter(_take(decoder))
    # All of them in order; noise that is a frame by chance (1 in 65,536 tries) would stand between.
    assert all((address, payload) in wanted for _, address, payload in parts)


@given(st.binary(max_size=200), st.binary(max_size=300))
def test_hmac_is_the_same_on_both_runtimes(key: bytes, message: bytes) -> None:
    assert portable_hmac_sha256(key, message) == hmac_sha256(key, message)


@given(st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES), st.binary(max_size=200))
def test_a_sealed_message_is_unsealed_as_it_was(key: bytes, body: bytes) -> None:
    assert unseal(key, "up", "n-1", "log", seal(key, "up", "n-1", "log", body)) == body


@given(st.binary(max_size=200))
def test_nothing_unsealed_passes(sealed: bytes) -> None:
    try:
        unseal(bytes(KEY_BYTES), "up", "n-1", "log", sealed)
    except AuthenticationError as error:
        assert error.reason in ("no_seal", "bad_mac")
    else:
        raise AssertionError("a seal was guessed")
