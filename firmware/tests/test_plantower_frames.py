# Plantower frames: every capture whole, byte by byte, in odd pieces, between garbage; and back from what a command builds.

from firmware.tests.captures_of import captures_of
from firmware.tests.virtual_parts import plantower_frame, words
from node.drivers.framing import word
from node.drivers.plantower_frames import ACK, FOREIGN, FrameParser, command
from node.drivers.window import CAPACITY

CAPTURES = captures_of("pms")
DATA = 28
# No start byte in it, so that it cannot begin a frame.
GARBAGE = bytes(byte for byte in range(256) if byte != 0x42)


def frames_of(pieces: list, parser: "FrameParser | None" = None) -> list:
    parser = parser or FrameParser(DATA)
    found = []
    for piece in pieces:
        parser.feed(memoryview(piece), len(piece))
        kind = parser.next_frame()
        while kind is not None:
            assert kind in (DATA, ACK, FOREIGN)
            if kind != FOREIGN:
                found.append(bytes(parser.frame[: kind + 4]))
            kind = parser.next_frame()
    return found


def pieces_of(data: bytes, size: int) -> list:
    return [data[at : at + size] for at in range(0, len(data), size)]


def heard(capture: dict) -> bytes:
    return b"".join(bytes.fromhex(part) for part in capture["heard"])


def expected(capture: dict) -> list:
    return [bytes.fromhex(frame) for frame in capture["frames"]]


def test_captures_whole() -> None:
    for name, capture in CAPTURES:
        parser = FrameParser(DATA)
        assert frames_of([heard(capture)], parser) == expected(capture), name
        for counter, value in capture["counters"].items():
            assert parser.counters[counter] == value, (name, counter, parser.counters)


def test_captures_in_pieces_of_every_size_give_the_same_frames_and_counters() -> None:
    for name, capture in CAPTURES:
        for size in (1, 2, 3, 7, 31, 33):
            parser = FrameParser(DATA)
            assert frames_of(pieces_of(heard(capture), size), parser) == expected(capture), (name, size)
            for counter, value in capture["counters"].items():
                assert parser.counters[counter] == value, (name, size, counter)


def test_captures_between_garbage() -> None:
    for name, capture in CAPTURES:
        pieces = [GARBAGE]
        for part in capture["heard"]:
            pieces.extend((bytes.fromhex(part), GARBAGE))
        parser = FrameParser(DATA)
        found = frames_of(pieces, parser)
        # Where a capture is of frames that are broken or begin in garbage, garbage between its parts may break no good one.
        assert found == expected(capture), name


def test_every_single_damaged_byte_costs_its_frame_and_no_other() -> None:
    frames = [plantower_frame(words(level, level + 4, level + 6)) for level in (10, 20, 30)]
    for at in range(32):
        damaged = bytearray(frames[1])
        damaged[at] ^= 0x55
        assert frames_of([frames[0] + bytes(damaged) + frames[2]]) == [frames[0], frames[2]], at


def test_a_frame_cut_short_at_any_byte_costs_no_other() -> None:
    whole = plantower_frame(words(10, 14, 16))
    for cut in range(32):
        assert frames_of([whole[:cut] + whole, whole]) == [whole, whole], cut


def test_a_torn_frame_is_given_up_after_silence_and_an_ack_behind_it_is_found() -> None:
    parser = FrameParser(DATA)
    ack = bytes.fromhex("424d0004e4000177")
    assert frames_of([plantower_frame(words(1, 2, 3))[:9] + ack], parser) == []
    parser.tear()
    assert frames_of([b""], parser) == [ack]
    assert parser.counters["rejected_torn"] == 1


def test_tearing_an_empty_line_counts_nothing() -> None:
    parser = FrameParser(DATA)
    parser.tear()
    assert parser.counters["rejected_torn"] == 0


def test_bytes_are_bounded_when_nobody_asks_for_frames() -> None:
    parser = FrameParser(DATA)
    frame = plantower_frame(words(5, 6, 7))
    for _ in range(100):
        parser.feed(memoryview(frame), len(frame))
    assert parser._window.lost > 0
    assert parser._window.end <= CAPACITY
    assert frames_of([b""], parser)[-1] == frame


def test_commands_are_the_published_ones() -> None:
    published = ((0xE1, 0, "424de100000170"), (0xE1, 1, "424de100010171"), (0xE2, 0, "424de200000171"))
    published += ((0xE4, 0, "424de400000173"), (0xE4, 1, "424de400010174"))
    for code, data, hexadecimal in published:
        assert command(code, data).hex() == hexadecimal


def test_words_survive_a_round_trip() -> None:
    for values in ([0] * 12, [65535] * 12, list(range(0x4240, 0x424C)), words(7, 12, 15)):
        [frame] = frames_of([plantower_frame(values)])
        assert [word(frame, 4 + 2 * i) for i in range(12)] == values
