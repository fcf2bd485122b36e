# The serial link: one message a frame, addressed, checked, self-synchronising.
#
#   00 | COBS( address 1 | payload 0..8320 | crc16_frame 2, high byte first ) | 00
#
# The first delimiter ends whatever noise came before, so that it costs no frame; a receiver does without it. The payload is
# "<direction>/<node>/<type> <sealed message>" (topics.py, authentication.py), so that a terminal shows it.
# Survives: noise before, between and after frames, a lost or doubled delimiter, a torn or endless frame, a wrong checksum.

from contract import cobs
from contract.crc import crc16_frame
from contract.errors import FrameError

BROADCAST = 0
GREATEST_ADDRESS = 247
MAX_PAYLOAD_BYTES = 8320  # the longest name, sealed body and the space between are 8270
# COBS adds a byte in 254; address and checksum are 3.
MAX_FRAME_BYTES = MAX_PAYLOAD_BYTES + 3 + (MAX_PAYLOAD_BYTES + 3) // 254 + 1

REASONS = ("cobs", "crc", "too_short", "too_long", "address")


def encode_frame(address: int, payload: bytes) -> bytes:
    """One frame, delimiters included. Raises FrameError("address") or FrameError("too_long")."""
    if not 0 <= address <= GREATEST_ADDRESS:
        raise FrameError("address")
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise FrameError("too_long")
    body = bytes((address,)) + payload
    crc = crc16_frame(body)
    return b"\x00" + cobs.encode(body + bytes((crc >> 8, crc & 0xFF))) + b"\x00"


def decode_frame(stuffed: bytes) -> "tuple[int, bytes]":
    """(address, payload) of the bytes between two delimiters. Raises FrameError with one of REASONS."""
    body = cobs.decode(stuffed)
    if len(body) < 3:
        raise FrameError("too_short")
    if crc16_frame(body) != 0:  # a body followed by its own checksum leaves no remainder
        raise FrameError("crc")
    if body[0] > GREATEST_ADDRESS:
        raise FrameError("address")
    return body[0], body[1:-2]


class FrameDecoder:
    """Bytes in (`feed`), frames out (`next_frame`, None while none is complete). `rejected` counts by reason.

    Take the frames out after each feed: as many wait as it held."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._overlong = False
        self._frames: "list[tuple[int, bytes]]" = []
        self.rejected = {reason: 0 for reason in REASONS}

    def feed(self, data: bytes) -> None:
        start = 0
        while True:
            stop = data.find(b"\x00", start)
            if stop < 0:
                self._append(data[start:])
                return
            self._append(data[start:stop])
            self._finish()
            start = stop + 1

    def next_frame(self) -> "tuple[int, bytes] | None":
        return self._frames.pop(0) if self._frames else None

    def _append(self, data: bytes) -> None:
        if self._overlong or len(self._buffer) + len(data) > MAX_FRAME_BYTES:
            self._overlong = True
            self._buffer = bytearray()
        else:
            self._buffer.extend(data)

    def _finish(self) -> None:
        stuffed, overlong = self._buffer, self._overlong
        self._buffer, self._overlong = bytearray(), False
        if overlong:
            self.rejected["too_long"] += 1
        elif stuffed:
            try:
                self._frames.append(decode_frame(bytes(stuffed)))
            except FrameError as error:
                self.rejected[error.reason] += 1
