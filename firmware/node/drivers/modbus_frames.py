# Modbus RTU as a master reads it (Modbus over Serial Line 1.02, section 2.5; Application Protocol 1.1b3, 6.3 and 6.4): requests out,
# replies found inside noise. Does not depend on what a register means and how long to wait. Pure.
#
#   request     address function | register 2, count 2 | crc 2           8 bytes; register and count high byte first, crc low byte first
#   reply       address function | 2*count | registers 2 each | crc 2
#   exception   address function+80 | code | crc 2
#
# A reply need not begin with the first byte that is heard: every offset is tried for address, function and byte count, then the CRC
# decides. Survives: noise around a reply, the echo of our own request, another slave's frame, a late reply, a wrong byte count.

from contract.crc import crc16_modbus
from contract.quality import NO_REPLY, REJECTED
from node.drivers.window import ByteWindow
from node.portable import const

REPLY = const(1)
EXCEPTION = const(2)
GREATEST_COUNT = const(125)
_FRAMING = const(5)  # address, function, byte count (or code), crc

COUNTERS = ("frames", "exceptions", "echoes", "timeouts", "rejected_crc", "rejected_address", "rejected_byte_count", "rejected_noise")


def read_request(address: int, function: int, register: int, count: int) -> bytes:
    body = bytes((address, function, register >> 8, register & 0xFF, count >> 8, count & 0xFF))
    crc = crc16_modbus(body)
    return body + bytes((crc & 0xFF, crc >> 8))


class ReplyParser:
    """`expect` a request's answer, `feed` bytes, then ask `next_reply`; at the end of the time, `verdict`."""

    def __init__(self):
        self.counters = {name: 0 for name in COUNTERS}
        self.data = bytearray(2 * GREATEST_COUNT)  # of the last REPLY: its registers, high byte first
        self.code = 0  # of the last EXCEPTION
        self._window = ByteWindow()
        self._view = memoryview(self._window.buffer)
        self._request = bytes(8)
        self._bytes = 0

    def expect(self, request: bytes) -> None:
        self._window.clear()
        self._request = request
        self._bytes = 2 * (request[4] << 8 | request[5])

    def feed(self, view: memoryview, n: int) -> None:
        self._window.feed(view, n)

    def next_reply(self) -> "int | None":
        """REPLY or EXCEPTION, None when neither is complete."""
        window = self._window
        buffer, address, function = window.buffer, self._request[0], self._request[1]
        for at in range(window.start, window.end - _FRAMING + 1):
            if buffer[at] != address:
                continue
            if buffer[at + 1] == function and buffer[at + 2] == self._bytes and self._crc_holds(at, _FRAMING + self._bytes):
                return self._take(at)
            if buffer[at + 1] == function | 0x80 and self._crc_holds(at, _FRAMING):
                self.code = buffer[at + 2]
                self.counters["exceptions"] += 1
                return EXCEPTION
        return None

    def verdict(self) -> int:
        """The time is over without an answer: NO_REPLY after silence (or nothing but our own echo), REJECTED otherwise."""
        echoed = len(self._request) if self._echo_at() >= 0 else 0
        if echoed:
            self.counters["echoes"] += 1
        if self._window.end - self._window.start == echoed:
            self.counters["timeouts"] += 1
            return NO_REPLY
        self.counters["rejected_" + self._fault()] += 1
        return REJECTED

    def _take(self, at: int) -> int:
        for i in range(self._bytes):
            self.data[i] = self._window.buffer[at + 3 + i]
        self.counters["frames"] += 1
        if 0 <= self._echo_at() < at:
            self.counters["echoes"] += 1
        return REPLY

    def _crc_holds(self, at: int, size: int) -> bool:
        # Over bytes and their own checksum the remainder is 0. The slice of the view is the one allocation of a transaction.
        end = at + size
        return end <= self._window.end and crc16_modbus(self._view[at:end]) == 0

    def _echo_at(self) -> int:
        return self._window.buffer.find(self._request, self._window.start, self._window.end)

    def _fault(self) -> str:
        # Only for the counters: the nearest thing to a reply that was heard.
        window = self._window
        buffer, (address, function) = window.buffer, self._request[:2]
        nearest = "noise"
        for at in range(window.start, window.end - _FRAMING + 1):
            ours = buffer[at] == address and buffer[at + 1] == function
            if ours and (self._crc_holds(at, _FRAMING + self._bytes) or self._crc_holds(at, _FRAMING + buffer[at + 2])):
                return "byte_count"
            if buffer[at + 1] & 0x7F == function and self._crc_holds(at, _FRAMING + buffer[at + 2]):
                return "address"
            if ours and buffer[at + 2] == self._bytes:
                nearest = "crc"
        return nearest
