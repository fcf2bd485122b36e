# MQTT 3.1.1 as a node needs it (OASIS, 29 October 2014; section numbers below): the packets it sends, a decoder of those it gets, and
# the rule by which a silent link is dead. QoS 0 only: receipts are ours. Sans-IO; knows no topic of ours. Pure.
#
#   type 4 bits, flags 4 bits | remaining length, 1 to 4 bytes of 7 bits, low first (2.2.3) | body
#   PUBLISH body    topic length 2 | topic | packet id 2, only with QoS above 0 | payload
#   CONNACK body    session present 1 | return code 1          SUBACK body    packet id 2 | return code 1 a topic
#
# Survives: any split of the stream, packets longer than the limit (skipped and counted, never held in memory), bodies too short for
# their type, unknown types. Does not survive, and says so: a remaining length of five bytes, after which nothing can be found again.

CONNACK = 0x20
PUBLISH = 0x30
SUBACK = 0x90
PINGRESP = 0xD0
# Not a type of MQTT: the stream is beyond repair, close the link.
BROKEN = 0

PINGREQ_PACKET = b"\xc0\x00"
DISCONNECT_PACKET = b"\xe0\x00"
SUBSCRIBE_ID = 1


def _text(value: bytes) -> bytes:
    return bytes((len(value) >> 8, len(value) & 0xFF)) + value


def _remaining_length(length: int) -> bytes:
    out = bytearray()
    while True:
        length, digit = length >> 7, length & 0x7F
        out.append(digit | 0x80 if length else digit)
        if not length:
            return bytes(out)


def _packet(first: int, body: bytes) -> bytes:
    return bytes((first,)) + _remaining_length(len(body)) + body


def connect_packet(client: str, keepalive_s: int, user: str, password: str, will_topic: str, will: bytes) -> bytes:
    """3.1: a clean session with a last will. An empty user sends neither user nor password."""
    flags = 0x02 | 0x04 | (0xC0 if user else 0)
    body = _text(b"MQTT") + bytes((4, flags, keepalive_s >> 8, keepalive_s & 0xFF)) + _text(client.encode())
    body += _text(will_topic.encode()) + _text(will)
    if user:
        body += _text(user.encode()) + _text(password.encode())
    return _packet(0x10, body)


def subscribe_packet(topic: str) -> bytes:
    """3.8: one topic filter, QoS 0."""
    return _packet(0x82, bytes((0, SUBSCRIBE_ID)) + _text(topic.encode()) + b"\x00")


def publish_head(topic: str, payload_length: int) -> bytes:
    """3.3: QoS 0, what goes before the payload; apart, so that a long payload is not copied once more."""
    name = _text(topic.encode())
    return b"\x30" + _remaining_length(len(name) + payload_length) + name


class Decoder:
    """Bytes in (`feed`), packets out (`next_packet`, None while none is complete):
    (PUBLISH, topic, payload), (CONNACK, return code), (SUBACK, return code), (PINGRESP,), (BROKEN,)."""

    def __init__(self, max_bytes: int, counters: dict):
        """counters: gets too_long, malformed and unknown, and keeps what it has of them."""
        self.counters = counters
        for reason in ("too_long", "malformed", "unknown"):
            counters.setdefault(reason, 0)
        self._max_bytes = max_bytes
        self._packets: list = []
        self._broken = False
        self._start()

    def feed(self, data) -> None:
        at = 0
        while at < len(data) and not self._broken:
            at = self._feed_body(data, at) if self._in_body else self._feed_head(data, at)

    def next_packet(self) -> "tuple | None":
        return self._packets.pop(0) if self._packets else None

    def _start(self) -> None:
        self._first = -1
        self._length = 0
        self._shift = 0
        self._in_body = False
        self._body: "bytearray | None" = None
        self._got = 0

    def _feed_head(self, data, at: int) -> int:
        byte = data[at]
        if self._first < 0:
            self._first = byte
            return at + 1
        self._length |= (byte & 0x7F) << self._shift
        self._shift += 7
        if byte & 0x80 == 0:
            self._start_body()
        elif self._shift == 28:
            self._broken = True
            self.counters["malformed"] += 1
            self._packets.append((BROKEN,))
        return at + 1

    def _start_body(self) -> None:
        self._in_body = True
        try:
            self._body = bytearray(self._length) if self._length <= self._max_bytes else None
        except MemoryError:  # the heap is in pieces: for this node now, the message is too long
            self._body = None
        if self._body is None:
            self.counters["too_long"] += 1
        if self._length == 0:
            self._finish()

    def _feed_body(self, data, at: int) -> int:
        count = min(self._length - self._got, len(data) - at)
        if self._body is not None:
            self._body[self._got : self._got + count] = data[at : at + count]
        self._got += count
        if self._got == self._length:
            self._finish()
        return at + count

    def _finish(self) -> None:
        first, body = self._first, self._body
        self._start()
        if body is None:
            return
        parse = _PARSERS.get(first & 0xF0)
        if parse is None:
            self.counters["unknown"] += 1
            return
        try:
            packet = parse(first, memoryview(body))
        except MemoryError:  # as above: a topic and a payload are copies
            self.counters["too_long"] += 1
            return
        if packet is None:
            self.counters["malformed"] += 1
        else:
            self._packets.append(packet)


def _parse_publish(first: int, body: memoryview) -> "tuple | None":
    if len(body) < 2:
        return None
    end = 2 + (body[0] << 8 | body[1])
    start = end + 2 if first & 0x06 else end
    if start > len(body):
        return None
    try:
        topic = bytes(body[2:end]).decode()
    except ValueError:  # UnicodeError is one on both runtimes
        return None
    return PUBLISH, topic, bytes(body[start:])


def _parse_connack(first: int, body: memoryview) -> "tuple | None":
    return (CONNACK, body[1]) if len(body) == 2 else None


def _parse_suback(first: int, body: memoryview) -> "tuple | None":
    return (SUBACK, body[2]) if len(body) == 3 and body[1] == SUBSCRIBE_ID else None


def _parse_pingresp(first: int, body: memoryview) -> "tuple | None":
    return (PINGRESP,) if not body else None


_PARSERS = {CONNACK: _parse_connack, PUBLISH: _parse_publish, SUBACK: _parse_suback, PINGRESP: _parse_pingresp}


class Keepalive:
    """A ping after three quarters of the keepalive, whatever else is sent (the broker allows one and a half, 3.1.2.10). The link is
    dead when a ping brings no byte, or a write does not finish, within silence_ms: TCP alone may take many minutes to say so."""

    def __init__(self, keepalive_s: int, silence_ms: int, now: int):
        self._interval_ms = keepalive_s * 750
        self._silence_ms = silence_ms
        self._ping_due = now + self._interval_ms
        self._unanswered: "int | None" = None
        self._writing: "int | None" = None

    def received(self) -> None:
        self._unanswered = None

    def write_started(self, now: int) -> None:
        self._writing = now

    def write_finished(self) -> None:
        self._writing = None

    def next_action(self, now: int) -> "str | None":
        """ "dead", "ping" (send one now), or None."""
        for since in (self._unanswered, self._writing):
            if since is not None and now - since > self._silence_ms:
                return "dead"
        if now < self._ping_due:
            return None
        self._ping_due = now + self._interval_ms
        if self._unanswered is None:
            self._unanswered = now
        return "ping"
