# The bytes of one spooled item. Pure: no files, no clock; which segment a record is in, and when it may go, is decided elsewhere.
#
#   0        2      3       7        15        15+n     19+n
#   | n      | kind | seq   | boot   | encoded | CRC-32 |      big-endian; CRC over everything before it
#
# Survives: a tail that was torn at any byte, bytes of flash that rotted, garbage. Records are only appended, so the first record that
# is not whole ends the segment: what follows has no known border.

import binascii
import struct

_HEAD = ">HBI8s"
HEAD_BYTES = 15
CRC_BYTES = 4
MAX_ENCODED_BYTES = 8192


def encode(kind: int, boot: bytes, seq: int, encoded: bytes) -> bytes:
    """boot: 8 bytes; encoded: the item, at most MAX_ENCODED_BYTES."""
    record = struct.pack(_HEAD, len(encoded), kind, seq, boot) + encoded
    return record + struct.pack(">I", binascii.crc32(record) & 0xFFFFFFFF)


def decode(data: bytes, at: int) -> "tuple | None":
    """(next position, kind, boot, seq, encoded) of the record at this position, None when no whole record is there."""
    if len(data) - at < HEAD_BYTES + CRC_BYTES:
        return None
    size, kind, seq, boot = struct.unpack_from(_HEAD, data, at)
    end = at + HEAD_BYTES + size
    if size > MAX_ENCODED_BYTES or len(data) < end + CRC_BYTES:
        return None
    if struct.unpack_from(">I", data, end)[0] != binascii.crc32(data[at:end]) & 0xFFFFFFFF:
        return None
    return end + CRC_BYTES, kind, boot, seq, data[at + HEAD_BYTES : end]
