# Consistent Overhead Byte Stuffing (Cheshire and Baker, 1999): any bytes, without a zero, at most 1 in 254 longer.
#
#   in    11 22 00 33          out   03 11 22 02 33
#                                    ^ next zero, or the end, is 3 further on

from contract.errors import FrameError


def encode(data: bytes) -> bytes:
    out = bytearray(1)
    code_at = 0
    run = 1
    for byte in data:
        if run == 255:  # a full group of 254 ends without a zero
            out[code_at] = 255
            code_at = len(out)
            out.append(0)
            run = 1
        if byte:
            out.append(byte)
            run += 1
        else:
            out[code_at] = run
            code_at = len(out)
            out.append(0)
            run = 1
    out[code_at] = run
    return bytes(out)


def decode(data: bytes) -> bytes:
    """The inverse of encode. Raises FrameError("cobs") on a zero inside, or on a group that runs past the end."""
    out = bytearray()
    at = 0
    end = len(data)
    while at < end:
        code = data[at]
        stop = at + code
        if code == 0 or stop > end:
            raise FrameError("cobs")
        group = data[at + 1 : stop]
        if 0 in group:
            raise FrameError("cobs")
        out.extend(group)
        at = stop
        if code < 255 and at < end:
            out.append(0)
    return bytes(out)
