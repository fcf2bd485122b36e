# Frames of the SDS011 and the HPMA115: every capture whole, byte by byte, in odd pieces, between garbage; damaged and cut.

from firmware.tests.captures_of import captures_of
from firmware.tests.virtual_uart_parts import Hpma115, Sds011
from node.drivers import hpma115, sds011

SDS_FRAME = Sds011().streamed()
HPMA_FRAMES = (Hpma115().streamed(), Hpma115()._reply())
# part, its parser, bytes that begin no frame of it
PARTS = (
    ("sds011", sds011.FrameParser, bytes(byte for byte in range(256) if byte != 0xAA)),
    ("hpma115", lambda: hpma115.FrameParser(False), bytes(byte for byte in range(256) if byte not in (0x40, 0x42, 0x96, 0xA5))),
)


def size_of(frame: bytes) -> int:
    if frame[0] in (0xA5, 0x96):
        return 2
    return 10 if frame[0] == 0xAA else 32 if frame[0] == 0x42 else frame[1] + 3


def frames_of(pieces: list, parser: object) -> list:
    found = []
    for piece in pieces:
        parser.feed(memoryview(piece), len(piece))
        while parser.next_frame() is not None:
            found.append(bytes(parser.frame[: size_of(parser.frame)]))
    return found


def pieces_of(data: bytes, size: int) -> list:
    return [data[at : at + size] for at in range(0, len(data), size)]


def cases() -> list:
    """[(name, new parser, garbage, heard, frames, counters), ...]"""
    found = []
    for part, new, garbage in PARTS:
        for name, capture in captures_of(part):
            heard = [bytes.fromhex(said) for said in capture["heard"]]
            found.append((name, new, garbage, heard, [bytes.fromhex(frame) for frame in capture["frames"]], capture["counters"]))
    return found


def test_captures_whole() -> None:
    for name, new, _, heard, frames, counters in cases():
        parser = new()
        assert frames_of([b"".join(heard)], parser) == frames, name
        assert {counter: parser.counters[counter] for counter in counters} == counters, name


def test_captures_in_pieces_of_every_size_give_the_same_frames_and_counters() -> None:
    for name, new, _, heard, frames, counters in cases():
        for size in (1, 2, 3, 7, 9, 11, 31, 33):
            parser = new()
            assert frames_of(pieces_of(b"".join(heard), size), parser) == frames, (name, size)
            assert {counter: parser.counters[counter] for counter in counters} == counters, (name, size)


def test_captures_between_garbage() -> None:
    for name, new, garbage, heard, frames, _ in cases():
        pieces = [garbage]
        for said in heard:
            pieces.extend((said, garbage))
        assert frames_of(pieces, new()) == frames, name


def test_every_single_damaged_byte_costs_its_frame_and_no_other() -> None:
    for frame, new in ((SDS_FRAME, PARTS[0][1]), (HPMA_FRAMES[0], PARTS[1][1]), (HPMA_FRAMES[1], PARTS[1][1])):
        for at in range(len(frame)):
            damaged = bytearray(frame)
            damaged[at] ^= 0x11
            assert frames_of([frame + bytes(damaged) + frame + frame + frame], new())[:2] == [frame, frame], at


def test_a_frame_cut_short_at_any_byte_costs_no_other() -> None:
    for frame, new in ((SDS_FRAME, PARTS[0][1]), (HPMA_FRAMES[0], PARTS[1][1]), (HPMA_FRAMES[1], PARTS[1][1])):
        for cut in range(len(frame)):
            assert frames_of([frame[:cut] + frame, frame], new()) == [frame, frame], cut


def test_a_torn_frame_is_given_up_after_silence_and_what_is_behind_it_is_found() -> None:
    for frame, behind, new in ((SDS_FRAME, SDS_FRAME[:10], PARTS[0][1]), (HPMA_FRAMES[0], b"\xa5\xa5", PARTS[1][1])):
        parser = new()
        torn = frame[: len(frame) - len(behind) - 1] if behind != SDS_FRAME else b"\xaa\xc0"
        parser.feed(memoryview(torn), len(torn))
        assert parser.next_frame() is None
        parser.tear()
        assert frames_of([behind], parser) == [behind]
        assert parser.counters["rejected_torn"] == 1


def test_commands_are_the_published_ones() -> None:
    body = {
        "active": "020100",
        "query": "020101",
        "read": "040000",
        "sleep": "060100",
        "work": "060101",
        "version": "070000",
        "period": "080100",
    }
    sums = {"active": "01", "query": "02", "read": "02", "sleep": "05", "work": "06", "version": "05", "period": "07"}
    ours = (sds011.ACTIVE, sds011.QUERY, sds011.READ, sds011.SLEEP, sds011.WORK, sds011.VERSION, sds011.CONTINUOUS)
    for name, command in zip(("active", "query", "read", "sleep", "work", "version", "period"), ours):
        assert command.hex() == "aab4" + body[name] + "00" * 10 + "ffff" + sums[name] + "ab", name
    ours = (hpma115.START, hpma115.STOP, hpma115.READ, hpma115.AUTO_OFF, hpma115.AUTO_ON)
    assert [command.hex() for command in ours] == ["68010196", "68010295", "68010493", "68012077", "68014057"]
