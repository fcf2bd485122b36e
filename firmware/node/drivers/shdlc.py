# Sensirion's SHDLC on a UART (SPS30 datasheet 1.0, section 5): requests out, replies in. Does not depend on what a command means.
# Pure.
#
#   request   7E | address command length data... checksum | 7E
#   reply     7E | address command state length data... checksum | 7E        address is 0
#   checksum: NOT of the low byte of the sum of everything between the marks, before stuffing
#   stuffing  7E -> 7D 5E, 7D -> 7D 5D, 11 -> 7D 31, 13 -> 7D 33, of everything between the marks, the checksum too
#
# Survives: noise around and between frames, a mark that is both the end of one frame and the beginning of the next, a reply that comes
# unstuffed (datasheets print such), a wrong checksum or length, a frame that never ends. No byte of it allocates.

from node.portable import const

_MARK = const(0x7E)
_ESCAPE = const(0x7D)
_FLIP = const(0x20)
_STUFFED = b"\x7e\x7d\x11\x13"
_HEAD = const(4)  # address, command, state, length
_LONGEST = const(_HEAD + 255 + 1)

COUNTERS = ("frames", "rejected_checksum", "rejected_length", "rejected_stuffing", "skipped_bytes")


def request(command: int, data: bytes = b"") -> bytes:
    body = bytes((0, command, len(data))) + data
    body += bytes((~sum(body) & 0xFF,))
    out = bytearray((_MARK,))
    for byte in body:
        if byte in _STUFFED:
            out.append(_ESCAPE)
            byte ^= _FLIP
        out.append(byte)
    out.append(_MARK)
    return bytes(out)


class ReplyParser:
    """`feed` one byte at a time: True when a reply is whole; `command`, `state`, `length` and `data[:length]` then say what it is,
    until the next byte."""

    def __init__(self):
        self.counters = {name: 0 for name in COUNTERS}
        self._frame = bytearray(_LONGEST)
        self.data = memoryview(self._frame)[_HEAD:]
        self.command = 0
        self.state = 0
        self.length = 0
        self._n = -1  # bytes of the frame so far; -1 outside of one
        self._escaped = False

    def feed(self, byte: int) -> bool:
        if byte == _MARK:
            whole = self._n > 0 and self._end()
            self._n = 0
            self._escaped = False
            return whole
        if self._n < 0:
            self.counters["skipped_bytes"] += 1
        elif self._escaped:
            self._escaped = False
            self._put(byte ^ _FLIP)
        elif byte == _ESCAPE:
            self._escaped = True
        else:
            self._put(byte)
        return False

    def tear(self) -> None:
        """Silence: what has begun will not end."""
        if self._n > 0:
            self._reject("rejected_length")
        self._n = -1
        self._escaped = False

    def _put(self, byte: int) -> None:
        if self._n == _LONGEST:
            self._reject("rejected_length")
            self._n = -1
            return
        self._frame[self._n] = byte
        self._n += 1

    def _end(self) -> bool:
        frame, n = self._frame, self._n
        if self._escaped:
            return self._reject("rejected_stuffing")
        if n < _HEAD + 1 or frame[3] != n - _HEAD - 1:
            return self._reject("rejected_length")
        total = 0
        for i in range(n - 1):
            total += frame[i]
        if ~total & 0xFF != frame[n - 1]:
            return self._reject("rejected_checksum")
        self.command, self.state, self.length = frame[1], frame[2], frame[3]
        self.counters["frames"] += 1
        return True

    def _reject(self, reason: str) -> bool:
        self.counters[reason] += 1
        self.counters["skipped_bytes"] += self._n
        return False
