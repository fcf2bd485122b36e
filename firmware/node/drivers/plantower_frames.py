# Frames of the Plantower family (PMS5003 series data manual V2.3, appendix I): bytes in, frames out. Does not depend on what the
# words of a frame mean, and when a command is due. Pure.
#
#   data      42 4D 00 1C | 13 words | sum      32 bytes; a word is 16 bits, high byte first; sum: of all bytes before it
#             42 4D 00 14 |  9 words | sum      24 bytes, PMS3003
#             42 4D 00 24 | 17 words | sum      40 bytes, PMS5003ST
#   ack       42 4D 00 04 | command, data | sum  8 bytes; a parser that does not know it takes it for a foreign model
#   command   42 4D command dataH dataL | sum    7 bytes
#
# Survives, besides what framing.py does: frames of another model, whole and with their sum; they are counted as such.
# Does not survive: damages that cancel out in the sum, one frame in 50,000 when 1 % of all bytes are damaged (plantower_weak_checks.py).

from node.drivers.framing import Framing, total, word
from node.portable import const

# Kinds of frames: their length field, and
FOREIGN = const(1)  # a whole data frame of another length than this part's
ACK = const(4)
LENGTHS = (20, 28, 36)
_LONGEST = const(40)


def command(code: int, data: int) -> bytes:
    body = bytes((0x42, 0x4D, code, data >> 8, data & 0xFF))
    found = sum(body)
    return body + bytes((found >> 8, found & 0xFF))


class FrameParser(Framing):
    """length: of the part's data frames, one of LENGTHS."""

    def __init__(self, length: int):
        super().__init__(_LONGEST)
        self._length = length

    def _size(self, buffer: bytearray, at: int, n: int) -> int:
        if buffer[at] != 0x42 or (n > 1 and buffer[at + 1] != 0x4D):
            return 0
        if n < 4:
            return 4 + ACK
        length = word(buffer, at + 2)
        if length != ACK and length not in LENGTHS:
            self.counters["rejected_length"] += 1
            return 0
        return length + 4

    def _kind(self, buffer: bytearray, at: int, size: int) -> int:
        length = size - 4
        ours = length == self._length or length == ACK
        if total(buffer, at, size - 2) != word(buffer, at + size - 2):
            self.counters["rejected_checksum" if ours else "rejected_length"] += 1
            return 0
        if not ours:
            self.counters["wrong_model"] += 1
            return FOREIGN
        self.counters["acks" if length == ACK else "frames"] += 1
        return length
