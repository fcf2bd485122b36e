# Modbus RTU frames: every capture whole, byte by byte and between noise; requests against published ones.

from contract.quality import NO_REPLY, REJECTED
from firmware.tests.captures_of import captures_of
from firmware.tests.virtual_parts import with_crc
from node.drivers.modbus_frames import EXCEPTION, REPLY, ReplyParser, read_request

CAPTURES = captures_of("modbus")
REQUEST = bytes.fromhex("010300060001640b")
REPLY_209 = bytes.fromhex("01030200d17818")


def outcome_of(request: bytes, pieces: list, parser: "ReplyParser | None" = None) -> tuple:
    """(name of the outcome, its data)."""
    parser = parser or ReplyParser()
    parser.expect(request)
    for piece in pieces:
        parser.feed(memoryview(piece), len(piece))
        found = parser.next_reply()
        if found == REPLY:
            return "reply", bytes(parser.data[: 2 * (request[4] << 8 | request[5])])
        if found == EXCEPTION:
            return "exception", bytes((parser.code,))
    return {NO_REPLY: "no_reply", REJECTED: "rejected"}[parser.verdict()], b""


def expected(capture: dict) -> tuple:
    return capture["outcome"], bytes.fromhex(capture["data"])


def test_captures_whole() -> None:
    for name, capture in CAPTURES:
        parser = ReplyParser()
        pieces = [b"".join(bytes.fromhex(part) for part in capture["heard"])]
        assert outcome_of(bytes.fromhex(capture["request"]), pieces, parser) == expected(capture), name
        for counter, value in capture["counters"].items():
            assert parser.counters[counter] == value, (name, counter, parser.counters)


def test_captures_byte_by_byte_give_the_same_outcome_and_counters() -> None:
    for name, capture in CAPTURES:
        parser = ReplyParser()
        heard = b"".join(bytes.fromhex(part) for part in capture["heard"])
        pieces = [heard[at : at + 1] for at in range(len(heard))]
        assert outcome_of(bytes.fromhex(capture["request"]), pieces, parser) == expected(capture), name
        for counter, value in capture["counters"].items():
            assert parser.counters[counter] == value, (name, counter, parser.counters)


def test_captures_of_answers_between_noise() -> None:
    noise = bytes((7 * i + 3) & 255 for i in range(100))
    for name, capture in CAPTURES:
        if capture["outcome"] in ("reply", "exception"):
            pieces = [noise] + [bytes.fromhex(part) + noise for part in capture["heard"]]
            assert outcome_of(bytes.fromhex(capture["request"]), pieces) == expected(capture), name


def test_requests_are_the_published_ones() -> None:
    assert read_request(1, 3, 6, 1) == REQUEST
    assert read_request(1, 4, 1, 2) == with_crc(bytes.fromhex("010400010002"))


def test_every_single_damaged_byte_of_a_reply_is_refused() -> None:
    for at in range(len(REPLY_209)):
        for mask in (0x01, 0x80, 0xFF):
            damaged = bytearray(REPLY_209)
            damaged[at] ^= mask
            assert outcome_of(REQUEST, [bytes(damaged)]) == ("rejected", b""), (at, mask)


def test_a_reply_cut_short_is_no_answer() -> None:
    for cut in range(1, len(REPLY_209)):
        assert outcome_of(REQUEST, [REPLY_209[:cut]])[0] == "rejected", cut


def test_a_new_request_forgets_what_was_heard_before() -> None:
    parser = ReplyParser()
    assert outcome_of(read_request(2, 3, 6, 1), [REPLY_209], parser)[0] == "rejected"
    assert outcome_of(REQUEST, [], parser)[0] == "no_reply"


def test_a_reply_behind_more_noise_than_is_kept_is_found() -> None:
    assert outcome_of(REQUEST, [bytes(200)] * 5 + [REPLY_209])[0] == "reply"


def test_registers_survive_a_round_trip() -> None:
    for count in (1, 2, 7, 125):
        values = bytes((3 * i) & 255 for i in range(2 * count))
        reply = with_crc(bytes((9, 4, 2 * count)) + values)
        assert outcome_of(read_request(9, 4, 0, count), [reply]) == ("reply", values)
