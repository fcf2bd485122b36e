# SHDLC: requests as the datasheet prints them, replies whole, byte by byte, inside garbage, and there and back.

from contract.tests.golden import noise
from node.drivers.shdlc import ReplyParser, request

# Command, data, bytes as printed (SPS30 datasheet 1.0, section 5.3).
PRINTED = (
    (0x00, b"\x01\x03", "7e 00 00 02 01 03 f9 7e"),
    (0x00, b"\x01\x05", "7e 00 00 02 01 05 f7 7e"),
    (0x01, b"", "7e 00 01 00 fe 7e"),
    (0x03, b"", "7e 00 03 00 fc 7e"),
    (0x10, b"", "7e 00 10 00 ef 7e"),
    (0x11, b"", "7e 00 7d 31 00 ee 7e"),
    (0x56, b"", "7e 00 56 00 a9 7e"),
    (0x80, b"\x00", "7e 00 80 01 00 7d 5e 7e"),
    (0xD0, b"\x03", "7e 00 d0 01 03 2b 7e"),
    (0xD1, b"", "7e 00 d1 00 2e 7e"),
    (0xD2, b"\x00", "7e 00 d2 01 00 2c 7e"),
    (0xD3, b"", "7e 00 d3 00 2c 7e"),
)


def unhex(text: str) -> bytes:
    return bytes(int(pair, 16) for pair in text.split())


def reply(command: int, state: int, data: bytes = b"") -> bytes:
    """Made apart from the driver: escape first, then nothing else."""
    body = bytes((0, command, state, len(data))) + data
    body += bytes((255 - sum(body) % 256,))
    for plain, stuffed in ((b"\x7d", b"\x7d\x5d"), (b"\x7e", b"\x7d\x5e"), (b"\x11", b"\x7d\x31"), (b"\x13", b"\x7d\x33")):
        body = body.replace(plain, stuffed)
    return b"\x7e" + body + b"\x7e"


def heard(data: bytes, parser: "ReplyParser | None" = None) -> list:
    parser = parser or ReplyParser()
    found = []
    for byte in data:
        if parser.feed(byte):
            found.append((parser.command, parser.state, bytes(parser.data[: parser.length])))
    return found


def test_requests_are_as_printed_with_the_stuffed_wake_and_the_stuffed_checksum_defect_5() -> None:
    for command, data, printed in PRINTED:
        assert request(command, data) == unhex(printed), printed


def test_a_captured_reply_to_a_wake_of_a_part_that_is_awake_defect_5() -> None:
    assert heard(unhex("7e 00 7d 31 43 00 ab 7e")) == [(0x11, 0x43, b"")]


def test_an_unstuffed_reply_is_taken_too() -> None:
    assert heard(unhex("7e 00 11 43 00 ab 7e")) == [(0x11, 0x43, b"")]


def test_every_byte_value_comes_through_whole() -> None:
    data = bytes(range(255))
    assert heard(reply(3, 0, data)) == [(3, 0, data)]
    assert heard(reply(3, 0x80, bytes(40))) == [(3, 0x80, bytes(40))]


def test_an_empty_reply_is_a_reply() -> None:
    assert heard(reply(3, 0)) == [(3, 0, b"")]


def test_one_mark_may_end_a_frame_and_begin_the_next() -> None:
    one, two = reply(3, 0, b"\x01"), reply(1, 0)
    assert heard(one[:-1] + two) == [(3, 0, b"\x01"), (1, 0, b"")]
    assert heard(one + two) == [(3, 0, b"\x01"), (1, 0, b"")]


def test_garbage_before_between_and_after_costs_no_whole_reply() -> None:
    for seed in range(50):
        junk = bytes(byte for byte in noise(seed, 40) if byte != 0x7E)
        one, two = reply(3, 0, noise(seed + 100, 40)), reply(0xD2, 0, b"\x13\x11\x7e\x7d")
        expected = heard(one) + heard(two)
        assert heard(junk + one + junk + two + junk) == expected, seed


def test_a_damaged_byte_is_rejected_and_counted_and_the_next_reply_is_read() -> None:
    good = reply(3, 0, bytes(range(40)))
    for at in range(1, len(good) - 1):
        for flip in (0x01, 0x80):
            damaged = bytearray(good)
            damaged[at] ^= flip
            parser = ReplyParser()
            assert (3, 0, bytes(range(40))) not in heard(bytes(damaged), parser), at
            assert heard(good, parser)[-1:] == [(3, 0, bytes(range(40)))], at


def test_a_frame_that_never_ends_is_given_up() -> None:
    parser = ReplyParser()
    assert heard(b"\x7e" + bytes(1000), parser) == []
    assert parser.counters["rejected_length"] == 1
    assert heard(reply(3, 0), parser) == [(3, 0, b"")]


def test_a_torn_frame_is_dropped_by_silence() -> None:
    parser = ReplyParser()
    heard(reply(3, 0, bytes(40))[:20], parser)
    parser.tear()
    assert parser.counters["rejected_length"] == 1
    assert heard(reply(1, 0), parser) == [(1, 0, b"")]
