# Does a frame come from the model that the settings name? Its length has been checked (plantower_frames.py); here is what it looks like.
# Pure.
#
# A Honeywell HPMA115 begins its frames with the same bytes: PM2.5 at 6 and PM10 at 8, or four sizes from 4 on, and nothing behind.

from node.drivers.framing import word
from node.portable import const

FOREIGN = const(0)
EITHER = const(1)  # all zero is what clean air looks like, and a HPMA115 in it
OURS = const(2)

_CF1 = const(4)
_ATM = const(10)
_COUNTS = const(16)
_HUMIDITY_LEAST = const(10)  # tenths of a per cent: a count of coarse particles in that place is nearly always less
_HUMIDITY_GREATEST = const(1000)
_FORMALDEHYDE_GREATEST = const(20000)  # ug/m3, no air for people; a firmware byte in that place gives 32768 and more


def sender(frame: "bytes | bytearray", row: tuple) -> int:
    """FOREIGN, EITHER or OURS, by a whole frame of the length of the model; row: plantower_models.model."""
    length, counts, formaldehyde, temperature, firmware = row
    if not _any(frame, _CF1, firmware or length):
        return EITHER
    if formaldehyde and word(frame, formaldehyde) > _FORMALDEHYDE_GREATEST:
        return FOREIGN
    if temperature and not _HUMIDITY_LEAST <= word(frame, temperature + 2) <= _HUMIDITY_GREATEST:
        return FOREIGN
    if not counts:
        return OURS
    end = _COUNTS + 2 * counts
    for at in range(_COUNTS + 2, end, 2):
        if word(frame, at) > word(frame, at - 2):  # larger than 1 um is larger than 0.5 um
            return FOREIGN
    if temperature or _any(frame, _ATM + 2, end):  # a HPMA115 has no humidity: clean air beside one is this part's
        return OURS
    return FOREIGN


def _any(frame: "bytes | bytearray", at: int, end: int) -> bool:
    for i in range(at, end):
        if frame[i]:
            return True
    return False
