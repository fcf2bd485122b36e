# How long a PMS5003 frame takes from bytes to words, found, checked and read, against one struct.unpack of the same bytes: runs in
# MicroPython, prints both in nanoseconds as JSON. The best of some rounds: what else runs on the machine only makes a round longer. A round
# is long enough for the collections that the tuples of struct.unpack make necessary; one without them is told as well.

import json
import struct
import time

from node.drivers.plantower import value_of
from node.drivers.plantower_frames import FrameParser
from node.drivers.plantower_models import columns

ROUNDS = 5
FRAMES = 10000
WORDS = (28, 7, 12, 15, 7, 12, 15, 900, 260, 44, 8, 2, 1, 0x9700)
_HEAD = b"\x42\x4d" + b"".join(bytes((word >> 8, word & 0xFF)) for word in WORDS)
FRAME = _HEAD + bytes((sum(_HEAD) >> 8, sum(_HEAD) & 0xFF))


def decode(frames: int, parser: FrameParser, view: memoryview, table: tuple) -> None:
    for _ in range(frames):
        parser.feed(view, 32)
        if parser.next_frame() is None:
            raise ValueError("the frame was not found")
        frame = parser.frame
        for column in table:
            value_of(frame, column)


def unpack(frames: int, frame: bytes) -> None:
    for _ in range(frames):
        struct.unpack(">16H", frame)


def took_us(frames: int, action: object, *arguments: object) -> int:
    begun = time.ticks_us()
    action(frames, *arguments)
    return time.ticks_diff(time.ticks_us(), begun)


def main() -> None:
    parser, view, table = FrameParser(28), memoryview(FRAME), columns("pms5003")
    # One after the other, so that a slow moment of the machine is of both.
    rounds = [
        (took_us(FRAMES, decode, parser, view, table), took_us(FRAMES, unpack, FRAME), 20 * took_us(FRAMES // 20, unpack, FRAME))
        for _ in range(ROUNDS)
    ]
    decoding, unpacking, uncollected = [min(one[i] for one in rounds) * 1000 // FRAMES for i in range(3)]
    print(json.dumps({"decode_ns": decoding, "unpack_ns": unpacking, "unpack_uncollected_ns": uncollected}))


main()
