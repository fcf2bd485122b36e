"""The Bayern-Hessen (Gesytec) protocol that BAM, GRIMM, Teledyne and others speak: telegrams in, values out, the question. Sans-IO.
Pure.

    question  STX "DA" ETX BCC BCC                     all that the instrument measures; some want a CR behind it, none minds one
    answer    STX "MD" cc ( SP kkk SP +nnnn+ee SP ss SP ff SP mmm SP eeeeee ){cc} SP ETX BCC BCC

cc: how many values. kkk: number of the value, 3 digits. +nnnn+ee: nnnn * 10^ee. ss, ff: status and error byte, hex. mmm, eeeeee: device
and serial number, which not every maker sends. BCC: exclusive or of all bytes from STX to ETX, as two hex digits ("DA097" makes 3A).
Sources: Serinus manual 3.0, appendix C; GRIMM EDM180 manual 1.0. That status bits mean the same everywhere is promised nowhere: any error
bit makes the value a sensor_error, and so do the status bits that all of them give to zero, span and maintenance.
Survives: noise before, between and after, the echo of the question, a wrong BCC, a torn or endless telegram, values without number.
"""

import re
from typing import NamedTuple

STX, ETX = b"\x02", b"\x03"
_MOST_BYTES = 2048
# Bits of the status byte: not a measurement of the air (Serinus 3.0, table 28: off, out of service, zero, span).
OFF_DUTY = 0x0F
_VALUE = re.compile(r"(?<!\S)(\d{3}) +([+-]\d{4})([+-]\d{2}) +([0-9A-Fa-f]{2}) +([0-9A-Fa-f]{2})(?!\S)")


class Value(NamedTuple):
    """mantissa * 10^exponent, in the unit of the instrument."""

    id: int
    mantissa: int
    exponent: int
    status: int
    error: int


def bcc(data: bytes) -> bytes:
    """Of everything from STX to ETX."""
    found = 0
    for byte in data:
        found ^= byte
    return b"%02X" % found


def question() -> bytes:
    telegram = STX + b"DA" + ETX
    return telegram + bcc(telegram) + b"\r"


class HessenDecoder:
    """`feed`, then `next_telegram` until it is None: the values of one answer."""

    def __init__(self) -> None:
        self.counters = {"telegrams": 0, "rejected": 0}
        self._buffer = b""
        self._telegrams: list[list[Value]] = []

    def feed(self, data: bytes) -> None:
        self._buffer += data
        while self._scan_once():
            pass
        if len(self._buffer) > _MOST_BYTES:
            self.counters["rejected"] += 1
            self._buffer = b""

    def next_telegram(self) -> list[Value] | None:
        return self._telegrams.pop(0) if self._telegrams else None

    def _scan_once(self) -> bool:
        end = self._buffer.find(ETX)
        if end < 0 or len(self._buffer) < end + 3:
            return False
        start = self._buffer.rfind(STX, 0, end)
        telegram, check = self._buffer[start : end + 1], self._buffer[end + 1 : end + 3]
        if start < 0:
            self._buffer = self._buffer[end + 1 :]
        elif check.upper() != bcc(telegram):
            self.counters["rejected"] += 1
            self._buffer = self._buffer[end + 1 :]  # what follows may be the beginning of the next one
        else:
            self._buffer = self._buffer[end + 3 :]
            self._read(telegram[1:-1])
        return True

    def _read(self, text: bytes) -> None:
        if not text.startswith(b"MD"):
            return  # the echo of our question, or of the question of another master
        values = values_of(text.decode("ascii", "replace"))
        self.counters["rejected" if values is None else "telegrams"] += 1
        if values is not None:
            self._telegrams.append(values)


def values_of(text: str) -> list[Value] | None:
    """Of "MDcc ...". None when there are not as many as it says."""
    head = re.match(r"MD(\d{2})", text)
    if head is None:
        return None
    found = [
        Value(int(number), int(mantissa), int(exponent), int(status, 16), int(error, 16))
        for number, mantissa, exponent, status, error in _VALUE.findall(text[4:])
    ]
    return found if len(found) == int(head[1]) else None
