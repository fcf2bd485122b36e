"""NMEA 0183 of a GPS receiver: bytes in, fixes out. Sans-IO. Pure.

    $GNGGA,092725.00,4717.11399,N,00833.91590,E,1,08,1.01,499.6,M,48.0,M,,*5B<CR><LF>
    $GNRMC,092725.00,A,4717.11399,N,00833.91590,E,0.004,77.52,091202,,,A*57<CR><LF>

Of every talker (GP, GN, GL, GA, BD, GB, ...): GGA has place, fix quality and HDOP, RMC whether they are valid, speed over ground
and nothing else that is used. A fix is the two of one time of day. Degrees become integers times 10^7 without a float between.
Survives: noise and half sentences before, between and after, a wrong or missing checksum, other sentences, endless lines, fields
that are empty or no numbers, NUL bytes.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from contract.site.gps_positions import FIXES, MAX_HDOP_X100, MAX_LAT_E7, MAX_LON_E7, MAX_SPEED_MM_S

_MOST_BYTES = 1024  # of a line; NMEA 0183 has 82, receivers write more


@dataclass(frozen=True)
class Fix:
    """`fix` None: the receiver spoke and did not know where it was."""

    lat_e7: int
    lon_e7: int
    speed_mm_s: int
    fix: str | None
    hdop_x100: int | None


NO_FIX = Fix(0, 0, 0, None, None)


class NmeaDecoder:
    """`feed`, then `next_fix` until it is None. counters: sentences, rejected."""

    def __init__(self) -> None:
        self.counters = {"sentences": 0, "rejected": 0}
        self._buffer = b""
        self._place: tuple[str, Fix] | None = None  # time of day of the newest GGA
        self._motion: tuple[str, int | None] | None = None  # of the newest RMC: speed, None when it is not valid
        self._fixes: list[Fix] = []

    def feed(self, data: bytes) -> None:
        self._buffer += data
        *lines, self._buffer = self._buffer.replace(b"\r", b"\n").split(b"\n")
        for line in lines:
            self._handle_line(line)
        if len(self._buffer) > _MOST_BYTES:
            self.counters["rejected"] += 1
            self._buffer = b""

    def next_fix(self) -> Fix | None:
        return self._fixes.pop(0) if self._fixes else None

    def _handle_line(self, line: bytes) -> None:
        start = line.rfind(b"$")
        if start < 0:
            return
        fields = sentence(line[start:])
        if fields is None:
            self.counters["rejected"] += 1
            return
        self.counters["sentences"] += 1
        kind = fields[0][-3:]
        if kind == "GGA" and len(fields) >= 9:
            self._place = fields[1], place(fields)
        elif kind == "RMC" and len(fields) >= 8:
            self._motion = fields[1], speed_mm_s(fields)
        else:
            return
        self._join()

    def _join(self) -> None:
        if self._place is None or self._motion is None or self._place[0] != self._motion[0]:
            return
        fix, speed = self._place[1], self._motion[1]
        self._place = self._motion = None
        if fix.fix is None or speed is None:
            self._fixes.append(NO_FIX)
        else:
            self._fixes.append(Fix(fix.lat_e7, fix.lon_e7, speed, fix.fix, fix.hdop_x100))


def sentence(line: bytes) -> list[str] | None:
    """The fields of "$...*hh", the first with the talker; None when the checksum is not that of the line."""
    body, star, check = line[1:].rpartition(b"*")
    if not star or not line.startswith(b"$"):
        return None
    checksum = 0
    for byte in body:
        checksum ^= byte
    try:
        right = len(check.strip()) == 2 and int(check, 16) == checksum
        return body.decode("ascii").split(",") if right else None
    except ValueError:
        return None


def place(fields: list[str]) -> Fix:
    """Of a GGA. A place that is not one is no fix."""
    fix = FIXES.get(int(fields[6])) if fields[6].isdecimal() else None
    lat_e7, lon_e7 = degrees_e7(fields[2], fields[3], "NS", MAX_LAT_E7), degrees_e7(fields[4], fields[5], "EW", MAX_LON_E7)
    if fix is None or lat_e7 is None or lon_e7 is None:
        return NO_FIX
    hdop = _number(fields[8])
    hdop_x100 = None if hdop is None or not 0 <= hdop * 100 <= MAX_HDOP_X100 else int(hdop * 100)
    return Fix(lat_e7, lon_e7, 0, fix, hdop_x100)


def degrees_e7(text: str, side: str, sides: str, most: int) -> int | None:
    """ "ddmm.mmmm" or "dddmm.mmmm" and its hemisphere; to the nearest 10^-7 degree (a centimetre)."""
    number = _number(text)
    whole = text.partition(".")[0]
    if number is None or not whole.isdecimal() or len(whole) not in (4, 5) or len(side) != 1 or side not in sides:
        return None
    degrees, minutes = int(whole[:-2]), number % 100
    if minutes >= 60:
        return None
    found = degrees * 10_000_000 + int((minutes * 10_000_000 / 60).to_integral_value())
    if found > most:
        return None
    return -found if side == sides[1] else found


def speed_mm_s(fields: list[str]) -> int | None:
    """Of an RMC; None when it says that it is not valid. Without a number it stands: receivers leave it empty then."""
    if fields[2] != "A":
        return None
    knots = _number(fields[7]) if fields[7] else Decimal(0)
    speed = None if knots is None else (knots * 1_852_000 / 3600).to_integral_value()
    return int(speed) if speed is not None and 0 <= speed <= MAX_SPEED_MM_S else None


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and len(text) <= 20 else None
