# Frames of the Plantower family (PMS5003 series data manual V2.3, appendix I): bytes in, frames out. Refuses to know what the
# words of a frame mean, and when a command is due.
#
#   data      42 4D 00 1C | 13 words | sum      32 bytes; a word is 16 bits, high byte first; sum: of all bytes before it
#   ack       42 4D 00 04 | command, data | sum  8 bytes; a parser that does not know it takes it for a foreign model
#   command   42 4D command dataH dataL | sum    7 bytes
#
# Survives: zeros or noise before a frame, a header inside a body, a damaged frame (what is whole behind its first byte is still
# found), a torn frame followed by silence, frames of another model (by their length). No byte of it allocates.
# Does not survive: damages that cancel out in the sum, one frame in 50,000 when 1 % of all bytes are damaged (pms5003_doubt.py).

from node.drivers.window import ByteWindow
from node.portable import const

DATA = const(28)  # kinds of frames, by their length field
ACK = const(4)
FRAME_BYTES = const(32)
COUNTERS = ("frames", "acks", "rejected_checksum", "rejected_length", "rejected_torn", "skipped_bytes")


def command(code: int, data: int) -> bytes:
    body = bytes((0x42, 0x4D, code, data >> 8, data & 0xFF))
    total = sum(body)
    return body + bytes((total >> 8, total & 0xFF))


def word(frame: "bytes | bytearray", at: int) -> int:
    return frame[at] << 8 | frame[at + 1]


class FrameParser:
    """`feed` bytes, then `next_frame` until None: DATA or ACK, its bytes in `frame` until the next call."""

    def __init__(self):
        self.frame = bytearray(FRAME_BYTES)
        self.counters = {name: 0 for name in COUNTERS}
        self._window = ByteWindow()

    def feed(self, view: memoryview, n: int) -> None:
        self._window.feed(view, n)

    def next_frame(self) -> "int | None":
        window = self._window
        while self._at_header():
            length = word(window.buffer, window.start + 2)
            if length != DATA and length != ACK:
                self._reject("rejected_length")
            elif window.end - window.start < length + 4:
                return None
            elif self._sum_holds(length + 2):
                return self._take(length)
            else:
                self._reject("rejected_checksum")
        return None

    def tear(self) -> None:
        """The line has been silent for longer than any pause inside a frame: what has begun will not be finished. Ask
        next_frame again: a whole frame may lie behind a false beginning."""
        if self._window.end > self._window.start:
            self._reject("rejected_torn")

    def _at_header(self) -> bool:
        # Moves to the next start bytes; True when the length behind them is there too.
        window = self._window
        buffer, at, end = window.buffer, window.start, window.end
        while at < end and not (buffer[at] == 0x42 and (at + 1 == end or buffer[at + 1] == 0x4D)):
            at += 1
        self.counters["skipped_bytes"] += at - window.start
        window.start = at
        return end - at >= 4

    def _sum_holds(self, n: int) -> bool:
        buffer, at = self._window.buffer, self._window.start
        total = 0
        for i in range(at, at + n):
            total += buffer[i]
        return total == word(buffer, at + n)

    def _take(self, length: int) -> int:
        window = self._window
        for i in range(length + 4):
            self.frame[i] = window.buffer[window.start + i]
        window.start += length + 4
        self.counters["frames" if length == DATA else "acks"] += 1
        return length

    def _reject(self, reason: str) -> None:
        # Only the first byte is given up: the frame behind it may be good.
        self._window.start += 1
        self.counters[reason] += 1
        self.counters["skipped_bytes"] += 1
