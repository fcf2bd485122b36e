# Frames out of the bytes of a line: what the parsers of UART parts have in common. Does not depend on any protocol; a subclass says what
# begins a frame and whether it is whole. No byte of it allocates. Pure.
#
# Survives: noise before and between frames, a beginning inside a body, a damaged frame (what is whole behind its first byte is still
# found), a torn frame followed by silence.

from node.drivers.window import ByteWindow

COUNTERS = ("frames", "acks", "rejected_checksum", "rejected_length", "rejected_torn", "wrong_model", "skipped_bytes")


class Framing:
    """`feed` bytes, then `next_frame` until None: a kind of frame, its bytes in `frame` until the next call. A subclass offers
    _size(buffer, at, n)      of a frame that may begin at `at`, n bytes of which are there: its bytes in all, 0 when none begins there,
                              any number above n while that is not known
    _kind(buffer, at, size)   of a frame that is there whole, 0 when it is damaged; both count why not"""

    def __init__(self, longest: int):
        self.frame = bytearray(longest)
        self.counters = {name: 0 for name in COUNTERS}
        self._window = ByteWindow()

    def feed(self, view: memoryview, n: int) -> None:
        self._window.feed(view, n)

    def next_frame(self) -> "int | None":
        window = self._window
        while window.start < window.end:
            there = window.end - window.start
            size = self._size(window.buffer, window.start, there)
            if size > there:
                return None
            kind = self._kind(window.buffer, window.start, size) if size else 0
            if kind:
                self._take(size)
                return kind
            self._skip()
        return None

    def tear(self) -> None:
        """The line has been silent for longer than any pause inside a frame: what has begun will not be finished. Ask
        next_frame again: a whole frame may lie behind a false beginning."""
        if self._window.end > self._window.start:
            self.counters["rejected_torn"] += 1
            self._skip()

    def _size(self, buffer: bytearray, at: int, n: int) -> int:
        raise NotImplementedError

    def _kind(self, buffer: bytearray, at: int, size: int) -> int:
        raise NotImplementedError

    def _take(self, size: int) -> None:
        window = self._window
        frame, buffer, start = self.frame, window.buffer, window.start
        for i in range(size):  # a slice would be an allocation
            frame[i] = buffer[start + i]
        window.start += size

    def _skip(self) -> None:
        # Only the first byte is given up: the frame behind it may be good.
        self._window.start += 1
        self.counters["skipped_bytes"] += 1


def total(buffer: bytearray, at: int, n: int) -> int:
    """The sum of n bytes."""
    found = 0
    for i in range(at, at + n):
        found += buffer[i]
    return found


def word(frame: "bytes | bytearray", at: int) -> int:
    return frame[at] << 8 | frame[at + 1]
