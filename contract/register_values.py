# What is read of a Modbus transmitter together, and what its registers mean: bytes to a wire value, by one field of a profile
# (contract.profiles.whole). No I/O. Does not depend on who was asked. The same on a node and on a gateway.
#
#   type        registers    bytes as they come, for each order (a: the most significant)
#   u16 s16     1            ab                                       every order; badc and dcba: ba
#   u32 s32 f32 2            abcd   cdab   badc   dcba
#   u64 s64     4            words kept, reversed, kept, reversed; the bytes of each word kept, kept, swapped, swapped
# Whole numbers are rounded down, floats to the nearest. What 32 bits of a wire value cannot say is rejected, not cut.

from contract.binary32 import scaled_float
from contract.quality import OK, OUT_OF_RANGE, REJECTED, SATURATED, SENTINEL

_GREATEST = 0x7FFFFFFF


GREATEST_COUNT = 125  # registers of one read (Modbus Application Protocol 1.1b3, 6.3)


def together(fields: tuple) -> list:
    """The fields of a profile in groups, each of which is one read: registers of one function that follow each other."""
    groups: list = []
    for row in sorted(fields, key=lambda field: (field[0], field[1])):
        if groups and _follows(row, groups[-1]):
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def count(group: list) -> int:
    """How many registers a group has."""
    return group[-1][1] + _words(group[-1]) - group[0][1]


def _words(row: tuple) -> int:
    return int(row[2][1:]) // 16


def _follows(row: tuple, group: list) -> bool:
    last = group[-1]
    return row[0] == last[0] and row[1] == last[1] + _words(last) and row[1] + _words(row) - group[0][1] <= GREATEST_COUNT


class Field:
    """One value of a read: `offset` of its first word there, and the way from raw words to `value` and `quality`."""

    def __init__(self, offset: int, row: tuple):
        _, _, kind, order, self.quantity, self._multiply, self._divide, self._none, self._saturates, self._least, self._greatest = row
        self.offset = offset
        self.value = 0
        self._bits = int(kind[1:])
        self._signed = kind[0] == "s"
        self._float = kind[0] == "f"
        self._places = places(self._bits // 16, order)

    def take(self, data: "bytes | bytearray") -> int:
        """The quality of what the reply says; the wire value in `value`, where the quality has one."""
        raw = 0
        at = 2 * self.offset
        for place in self._places:
            raw = raw << 8 | data[at + place]
        if raw in self._none:
            return SENTINEL
        value = scaled_float(raw, self._multiply, self._divide) if self._float else self._of_integer(raw)
        if value is None:
            return SENTINEL
        if not -_GREATEST <= value <= _GREATEST:
            return REJECTED
        self.value = value
        if not self._least <= value <= self._greatest:
            return OUT_OF_RANGE
        if self._saturates is not None and value >= self._saturates:
            return SATURATED
        return OK

    def _of_integer(self, raw: int) -> int:
        if self._signed and raw >> (self._bits - 1):
            raw -= 1 << self._bits
        return raw * self._multiply // self._divide


def places(words: int, order: str) -> tuple:
    """Where the bytes are, the most significant first."""
    reverse, swap = order in ("cdab", "dcba"), order in ("badc", "dcba")
    found: list = []
    for word in range(words):
        at = 2 * (words - 1 - word if reverse else word)
        found.extend((at + 1, at) if swap else (at, at + 1))
    return tuple(found)
