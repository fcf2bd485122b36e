"""Met One BAM-1020: the lines that it prints in, hours out; and the words that make it print them. Sans-IO. Pure.

Sources: manual 9800 Rev W (pp. 86, 93-94); "BAM 1020 Generation 2 command specification" Rev C. A record is a line of CSV; a line of names
before it says what its columns are:

    Time,Conc(mg/m3),Qtot(m3),WS(KTS),AT(C),RH(%),E,U,M,I,L,R,N,F,P,D,C,T
    08/15/26 13:00, 0.0213, 0.833,  2.1, 27.4, 61,0,0,0,0,0,0,0,0,0,0,0,0

Time is of the end of the hour, by the monitor's own clock. A letter that is set spoils its hour, whatever it means. 0.985 mg/m3 and more is
its full scale, which it also prints when it has no value. Other columns are passed over.
Survives: echo of what was sent, prompts, titles, blank and torn lines, columns in another order, ug/m3, negative numbers, NUL bytes,
noise before, between and after, lines without an end.
"""

import calendar
import re
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from contract.quality import OK, OUT_OF_RANGE, REJECTED, SATURATED, SENSOR_ERROR

ASK_HEADER = b"\x1bQH\r"
ASK_RECORD = b"\x1bQ\r"
MENU = b"\r\r\r"
MENU_PROMPT = b"*"
MENU_CSV = b"6"
MENU_LAST_HOUR = b"4"

# What a set letter means (manual 9800, error codes).
LETTERS = {
    "E": "external reset",
    "U": "user interruption",
    "M": "maintenance",
    "I": "internal or coarse link error",
    "L": "power loss",
    "R": "reference membrane",
    "N": "nozzle or delta temperature",
    "F": "flow",
    "P": "pressure drop",
    "D": "deviant density",
    "C": "count",
    "T": "tape break",
}
_FULL_SCALE_UGM3 = Decimal(985)
_LEAST_UGM3 = Decimal(-15)  # as low as its offset lets a clean hour come
_SCALE = 100
_MOST_BYTES = 4096
_CONCENTRATION = re.compile(r"conc(hr|s)?\(?([mu]g/m3)?\)?", re.IGNORECASE)
_TIME = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2}|\d{4}) +(\d{1,2}):(\d{2})(?::\d{2})?")
_ISO_TIME = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})[ T](\d{1,2}):(\d{2})(?::\d{2})?")


class Hour(NamedTuple):
    """That ended at `end_ms`, as if the monitor's clock were UTC. `ugm3_x100` counts where the quality has a value."""

    end_ms: int
    quality: int
    ugm3_x100: int
    letters: str


class _Columns(NamedTuple):
    concentration: int
    times: int  # ug/m3 of its unit
    letters: dict[int, str]


class BamDecoder:
    """`feed`, then `next_hour` until it is None. `prompted`: the menu has asked since it was last set to False."""

    def __init__(self) -> None:
        self.counters = {"records": 0, "rejected": 0}
        self.prompted = False
        self._columns: _Columns | None = None
        self._buffer = b""
        self._hours: list[Hour] = []

    @property
    def knows_columns(self) -> bool:
        return self._columns is not None

    def feed(self, data: bytes) -> None:
        self.prompted = self.prompted or MENU_PROMPT in data
        self._buffer += data
        *lines, self._buffer = self._buffer.replace(b"\r", b"\n").split(b"\n")
        for line in lines:
            self._handle_line(line.decode("ascii", "replace").strip(" *\x00\x02\x03\x1b"))
        if len(self._buffer) > _MOST_BYTES:
            self.counters["rejected"] += 1
            self._buffer = b""

    def next_hour(self) -> Hour | None:
        return self._hours.pop(0) if self._hours else None

    def _handle_line(self, line: str) -> None:
        fields = [field.strip() for field in line.split(",")]
        if len(fields) < 2:
            return
        if fields[0].lower() in ("time", "date/time"):
            self._columns = columns(fields)
            return
        end_ms = time_ms(fields[0])
        if end_ms is None or self._columns is None:
            return
        hour = record(end_ms, fields, self._columns)
        self.counters["rejected" if hour is None else "records"] += 1
        if hour is not None:
            self._hours.append(hour)


def columns(names: list[str]) -> _Columns | None:
    """None when there is no concentration among them. Of several the hourly one is meant (HR), else the first."""
    found = [(index, match) for index, name in enumerate(names) if (match := _CONCENTRATION.fullmatch(name.replace(" ", "")))]
    if not found:
        return None
    index, match = next(((i, m) for i, m in found if (m[1] or "").lower() == "hr"), found[0])
    times = 1 if (match[2] or "").lower().startswith("ug") else 1000
    return _Columns(index, times, {at: name.upper() for at, name in enumerate(names) if name.upper() in LETTERS})


def record(end_ms: int, fields: list[str], of: _Columns) -> Hour | None:
    """None when it is torn: not even all letters came, so whether the hour is good is unknown."""
    if len(fields) <= max(of.concentration, *of.letters, 0):
        return None
    flags = {letter: fields[at] for at, letter in of.letters.items()}
    if any(value not in ("0", "1") for value in flags.values()):
        return None
    letters = "".join(letter for letter, value in flags.items() if value == "1")
    number = _number(fields[of.concentration])
    if number is None:
        return Hour(end_ms, REJECTED, 0, letters)
    ugm3 = number * of.times
    return Hour(end_ms, _quality(ugm3, letters), int((ugm3 * _SCALE).to_integral_value()), letters)


def _quality(ugm3: Decimal, letters: str) -> int:
    if letters:
        return SENSOR_ERROR
    if ugm3 >= _FULL_SCALE_UGM3:
        return SATURATED
    return OK if ugm3 >= _LEAST_UGM3 else OUT_OF_RANGE


def time_ms(text: str) -> int | None:
    """Of "08/15/26 13:00" (month first) or "2026-08-15 13:00", as if it were UTC."""
    american, iso = _TIME.fullmatch(text), _ISO_TIME.fullmatch(text)
    if american:
        month, day, year, hour, minute = (int(part) for part in american.groups())
    elif iso:
        year, month, day, hour, minute = (int(part) for part in iso.groups())
    else:
        return None
    year += 2000 if year < 100 else 0
    if not (year >= 1970 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1] and hour <= 24 and minute <= 59):
        return None
    return 1000 * calendar.timegm((year, month, day, hour, minute, 0))


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < 1_000_000 else None
