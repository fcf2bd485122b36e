# Who speaks when on a serial line: a primary station (the gateway) polls one address at a time, a secondary station (a node) answers its
# own poll and is silent otherwise, so two never speak at once. The same for RS-485 with many nodes, a wired pair and USB. Sans-IO.
#
#   poll     "?" | number of the message 1 | number last received 1 | message, may be absent      primary to secondary
#   answer   "!" | number of the message 1 | number last received 1 | message, may be absent      secondary to primary
#
# in a frame (frames.py) with the secondary's address. Numbers are "0" and "1" in turn, "-" is no number: a message is sent again until its
# number comes back. Receipts that count are the session's: a message lost at a restart of one end is sent again by it.
# Survives: lost, doubled and damaged frames, frames of other stations, answers that come too late, restarts of either end.

from contract.errors import FrameError
from contract.frames import FrameDecoder, encode_frame

POLL = 0x3F
ANSWER = 0x21
_NONE = 0x2D
_FIRST = 0x30

# A secondary that missed this many polls in a row is asked only in every SELDOM-th round.
ABSENT_AFTER = 3
SELDOM = 10
# A silence that no frame survives. Without it a poll that lost its last byte would be answered when the next station begins to speak.
# Shorter than any answer_ms, longer than a node's loop is late.
TORN_MS = 150


class _Numbers:
    """One conversation, seen from one end."""

    def __init__(self) -> None:
        self.out: "bytes | None" = None
        self._number = _FIRST
        self._received = _NONE
        self._confirmed = _NONE

    def head(self, kind: int) -> bytes:
        return bytes((kind, _NONE if self.out is None else self._number, self._received))

    def take(self, payload: bytes) -> "bytes | None":
        """The message in it, when it is a new one."""
        number, confirmed = payload[1], payload[2]
        if confirmed == _NONE and self._confirmed != _NONE:
            self._received = _NONE  # the other end has begun anew
        self._confirmed = confirmed
        if self.out is not None and confirmed == self._number:
            self.out = None
            self._number ^= 1
        if number == _NONE or number == self._received:
            return None
        self._received = number
        return payload[3:]


def _is_of(kind: int, payload: bytes) -> bool:
    return len(payload) >= 3 and payload[0] == kind and payload[1] in b"-01" and payload[2] in b"-01"


class Secondary:
    """The node's end: bytes in (`feed`), then `next_poll`, and after a True of it one `answer`."""

    def __init__(self, address: int, counters: "dict[str, int]"):
        """counters: gets polls and rejected."""
        self.counters = counters
        counters["polls"] = counters["rejected"] = 0
        self._address = address
        self._heard = 0
        self._decoder = FrameDecoder()
        self._numbers = _Numbers()
        self._messages: "list[bytes]" = []

    def feed(self, data: bytes, now: int) -> None:
        if now - self._heard > TORN_MS:
            self._decoder.feed(b"\x00")
            while self._decoder.next_frame() is not None:
                pass
        self._heard = now
        self._decoder.feed(data)

    def next_poll(self) -> bool:
        """Whether we were asked, and no other frame came behind it: what is no longer the last on the line is answered no more."""
        asked = False
        frame = self._decoder.next_frame()
        while frame is not None:
            address, payload = frame
            asked = address == self._address and _is_of(POLL, payload)
            if asked:
                self.counters["polls"] += 1
                message = self._numbers.take(payload)
                if message is not None:
                    self._messages.append(message)
            frame = self._decoder.next_frame()
        self.counters["rejected"] = sum(self._decoder.rejected.values())
        return asked

    def next_message(self) -> "bytes | None":
        """From the gateway."""
        return self._messages.pop(0) if self._messages else None

    @property
    def is_free(self) -> bool:
        """Whether `answer` takes a message along: the one before has arrived."""
        return self._numbers.out is None

    def answer(self, message: "bytes | None") -> bytes:
        """The frame to send at once."""
        numbers = self._numbers
        if numbers.out is None:
            numbers.out = message
        return encode_frame(self._address, numbers.head(ANSWER) + (numbers.out or b""))

    def forget(self) -> None:
        """What was under way: the line was silent for long, and the session says it again."""
        self._numbers = _Numbers()


class _Station:
    def __init__(self) -> None:
        self.numbers = _Numbers()
        self.down: "list[bytes]" = []
        self.missed = 0
        self.skipped = 0


class Primary:
    """The gateway's end, for one line. `next_action` gives the frame to send; `sent` tells when its last bit was out; `feed` what came."""

    def __init__(self, addresses: "list[int]", answer_ms: int, gap_ms: int, most_ms: int):
        """answer_ms: until an answer begins, above TORN_MS. gap_ms: the longest silence inside one. most_ms: the longest one."""
        self.counters = {"polls": 0, "answers": 0, "silent": 0, "late": 0, "rejected": 0}
        self._answer_ms = answer_ms
        self._gap_ms = gap_ms
        self._most_ms = most_ms
        self._stations = {address: _Station() for address in addresses}
        self._order = list(addresses)
        self._decoder = FrameDecoder()
        self._messages: "list[tuple[int, bytes]]" = []
        self._asked: "int | None" = None
        self._deadline: "int | None" = None
        self._end = 0

    def send(self, address: int, message: bytes) -> None:
        """Goes with one of the next polls. Raises FrameError("address") for a station that is not on this line."""
        if address not in self._stations:
            raise FrameError("address")
        self._stations[address].down.append(message)

    def waiting(self, address: int) -> int:
        """Messages for that station that no poll has taken along yet."""
        return len(self._stations[address].down)

    def next_message(self) -> "tuple[int, bytes] | None":
        """(address, message)"""
        return self._messages.pop(0) if self._messages else None

    def absent(self) -> "list[int]":
        return [address for address, station in self._stations.items() if station.missed >= ABSENT_AFTER]

    def next_due(self) -> "int | None":
        """When the line is free at the latest; None: it is, or `sent` was not called yet."""
        return self._deadline

    def next_action(self, now: int) -> "bytes | None":
        """The next poll, or None while an answer may still come."""
        if self._asked is not None:
            if self._deadline is None or now < self._deadline:
                return None
            self._stations[self._asked].missed += 1
            self.counters["silent"] += 1
            self._free()
        address = self._next_address()
        if address is None:
            return None
        numbers, down = self._stations[address].numbers, self._stations[address].down
        if numbers.out is None and down:
            numbers.out = down.pop(0)
        self._asked = address
        self.counters["polls"] += 1
        return encode_frame(address, numbers.head(POLL) + (numbers.out or b""))

    def sent(self, now: int) -> None:
        self._deadline = now + self._answer_ms
        self._end = now + self._answer_ms + self._most_ms

    def feed(self, data: bytes, now: int) -> None:
        if data and self._deadline is not None:
            self._deadline = min(max(self._deadline, now + self._gap_ms), self._end)
        self._decoder.feed(data)
        frame = self._decoder.next_frame()
        while frame is not None:
            self._take(*frame)
            frame = self._decoder.next_frame()
        self.counters["rejected"] = sum(self._decoder.rejected.values())

    def _take(self, address: int, payload: bytes) -> None:
        if not _is_of(ANSWER, payload):
            return  # our own poll, heard by a transceiver that listens while it speaks
        if address != self._asked:
            self.counters["late"] += 1
            return
        station = self._stations[address]
        station.missed = 0
        self.counters["answers"] += 1
        message = station.numbers.take(payload)
        if message is not None:
            self._messages.append((address, message))
        self._free()

    def _free(self) -> None:
        self._asked = self._deadline = None

    def _next_address(self) -> "int | None":
        for _ in range(SELDOM * len(self._order)):
            address = self._order.pop(0)
            self._order.append(address)
            station = self._stations[address]
            if station.missed < ABSENT_AFTER:
                return address
            station.skipped += 1
            if station.skipped >= SELDOM:
                station.skipped = 0
                return address
        return None
