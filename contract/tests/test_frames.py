# The serial frame: whole, byte by byte, with garbage before, between and after, there and back.

from contract.authentication import KEY_BYTES, seal
from contract.errors import FrameError
from contract.frames import GREATEST_ADDRESS, MAX_FRAME_BYTES, MAX_PAYLOAD_BYTES, REASONS, FrameDecoder, decode_frame, encode_frame
from contract.messages import DOWN_TYPES, MAX_MESSAGE_BYTES, UP_TYPES
from contract.tests.golden import load, noise
from contract.topics import DOWN, MAX_NODE_CHARACTERS, UP, name

_CASES = load("frames")
_FIRST = encode_frame(1, b"first")
_SECOND = encode_frame(2, b"second")
_BOTH = [(1, b"first"), (2, b"second")]


def _frames(decoder: FrameDecoder) -> "list[tuple[int, bytes]]":
    found: "list[tuple[int, bytes]]" = []
    while True:
        frame = decoder.next_frame()
        if frame is None:
            return found
        found.append(frame)


def _decoded(*pieces: bytes) -> "list[tuple[int, bytes]]":
    decoder = FrameDecoder()
    for piece in pieces:
        decoder.feed(piece)
    return _frames(decoder)


def _refusal(address: int, payload: bytes) -> "str | None":
    try:
        encode_frame(address, payload)
    except FrameError as error:
        return error.reason
    return None


def test_encoding_agrees_with_the_vectors() -> None:
    for case in _CASES["good"]:
        assert encode_frame(case["address"], bytes.fromhex(case["payload"])).hex() == case["frame"], case["name"]


def test_whole_frames_are_decoded() -> None:
    for case in _CASES["good"]:
        assert _decoded(bytes.fromhex(case["frame"])) == [(case["address"], bytes.fromhex(case["payload"]))], case["name"]


def test_frames_are_decoded_one_byte_at_a_time() -> None:
    for case in _CASES["good"]:
        frame = bytes.fromhex(case["frame"])
        pieces = [frame[i : i + 1] for i in range(len(frame))]
        assert _decoded(*pieces) == [(case["address"], bytes.fromhex(case["payload"]))], case["name"]


def test_frames_cut_in_two_anywhere_are_decoded() -> None:
    stream = _FIRST + _SECOND
    for cut in range(len(stream) + 1):
        assert _decoded(stream[:cut], stream[cut:]) == _BOTH, cut


def test_garbage_before_between_and_after_costs_no_frame() -> None:
    for seed in range(50):
        before, between, after = noise(seed, 7), noise(seed + 100, 30), noise(seed + 200, 13)
        assert _decoded(before + _FIRST + between + _SECOND + after) == _BOTH, seed


def test_a_torn_frame_costs_only_itself() -> None:
    for cut in range(1, len(_FIRST)):
        found = _decoded(_FIRST[:cut] + _SECOND)
        assert found == _BOTH[1:] or (cut == len(_FIRST) - 1 and found == _BOTH), cut


def test_lost_and_doubled_delimiters_cost_no_frame() -> None:
    assert _decoded(_FIRST[1:] + _SECOND[1:]) == _BOTH
    assert _decoded(b"\x00\x00" + _FIRST + b"\x00\x00\x00" + _SECOND + b"\x00") == _BOTH


def test_every_single_wrong_bit_is_noticed() -> None:
    for bit in range(8, 8 * (len(_FIRST) - 1)):
        wrong = bytearray(_FIRST)
        wrong[bit // 8] ^= 1 << bit % 8
        assert _decoded(bytes(wrong)) == [], bit


def test_what_is_no_frame_is_counted_by_reason() -> None:
    for case in _CASES["bad"]:
        decoder = FrameDecoder()
        decoder.feed(bytes.fromhex(case["stuffed"]) + b"\x00" + _FIRST)
        assert _frames(decoder) == _BOTH[:1], case["name"]
        expected = {reason: 0 for reason in REASONS}
        expected[case["reason"]] = 1
        assert decoder.rejected == expected, case["name"]


def test_decode_frame_names_the_reason() -> None:
    for case in _CASES["bad"]:
        try:
            decode_frame(bytes.fromhex(case["stuffed"]))
        except FrameError as error:
            assert error.reason == case["reason"], case["name"]
        else:
            raise AssertionError(case["name"])


def test_the_longest_payload_passes_and_one_more_byte_does_not() -> None:
    payload = noise(3, MAX_PAYLOAD_BYTES)
    frame = encode_frame(GREATEST_ADDRESS, payload)
    assert len(frame) <= MAX_FRAME_BYTES + 2
    assert _decoded(frame) == [(GREATEST_ADDRESS, payload)]
    assert _refusal(1, payload + b"x") == "too_long"


def test_the_longest_sealed_message_fits_into_a_frame() -> None:
    node = "n" * MAX_NODE_CHARACTERS
    for direction, kinds in ((UP, UP_TYPES), (DOWN, DOWN_TYPES)):
        for kind in kinds:
            sealed = seal(bytes(KEY_BYTES), direction, node, kind, b"x" * MAX_MESSAGE_BYTES)
            payload = name(direction, node, kind).encode() + b" " + sealed
            assert _refusal(1, payload) is None, kind


def test_addresses_outside_0_to_247_are_refused() -> None:
    assert [_refusal(address, b"") for address in (-1, 0, 247, 248, 256)] == ["address", None, None, "address", "address"]


def test_an_endless_frame_is_counted_once_and_keeps_no_memory() -> None:
    decoder = FrameDecoder()
    for _ in range(20):
        decoder.feed(b"\x01" * 1000)
        assert len(decoder._buffer) <= MAX_FRAME_BYTES
    decoder.feed(_FIRST)
    assert _frames(decoder) == _BOTH[:1]
    assert decoder.rejected["too_long"] == 1


def test_nothing_yet_is_none() -> None:
    decoder = FrameDecoder()
    assert decoder.next_frame() is None
    decoder.feed(_FIRST[:-1])
    assert decoder.next_frame() is None
    assert sum(decoder.rejected.values()) == 0
