# The talk of one boot with the gateway, whatever carries it: sealed messages in (`handle`), sealed messages out (`next_message`),
# `next_due` between. Sans-IO: the carrier says when the link is there and hands in uptime; it learns nothing of items or keys.
#
#   made here     hello, report, event, applied     items, numbered in one sequence, kept in the outbox until acknowledged
#   asked here    get time                          at each start of the link and every time_sync_ms, with a nonce
#   taken here    ack, time, config                 only with the node's seal
# A replay does nothing: ack and time must be of this boot, time must echo the nonce that is out, config must have a greater version.
# What the settings mean is not its business: a config becomes the fact ("config", version, settings), answered by `applied`.

from contract import messages, topics
from contract.authentication import seal, unseal
from contract.errors import AuthenticationError, MessageError

MAX_MESSAGE_BYTES = 4096
LEAST_MESSAGE_BYTES = 512
# {"b":"<16 digits>","i":[...]}
_WRAPPER_BYTES = 29
_ASK_AGAIN_MS = 2000
_ASK_AGAIN_MOST_MS = 60000

_KEPT_EVENTS = ("dropped", "settings_lost", "crashed")


class Session:
    def __init__(self, node: str, key: bytes, boot: str, clock, outbox):
        self.boot = boot
        self.version = 0
        self.counters = {"taken": 0, "no_seal": 0, "bad_mac": 0, "bad_body": 0, "unknown_type": 0, "replayed": 0}
        self._node = node
        self._key = key
        self._clock = clock
        self._outbox = outbox
        self._resend_ms = 5000
        self._time_sync_ms = 600000
        self._seq = 0
        self._hello: "dict | None" = None
        self._refused: "tuple | None" = None
        self._message_bytes = MAX_MESSAGE_BYTES
        self._greeting = True
        self._questions = 0
        self._asked_at: "int | None" = None
        self._ask_due = 0
        self._ask_again_ms = _ASK_AGAIN_MS

    def configure(self, version: int, settings: dict) -> None:
        """Settings that are in force from now on."""
        self.version = version
        self._resend_ms = settings["resend_ms"]
        self._time_sync_ms = settings["time_sync_ms"]

    def hello(self, about: dict, now: int) -> None:
        """What the node is: hw, fw, mp, rc, sn. An item is made only when it, or the settings version, is not what was said last."""
        about = dict(about)
        about["c"] = self.version
        if about != self._hello:
            self._hello = about
            self._add(messages.HELLO, dict(about), now, True)

    def report(self, start: int, duration_ms: int, channels: list) -> None:
        self._add(messages.REPORT, {"d": duration_ms, "c": self.version, "ch": channels}, start, False)

    def event(self, key: str, particulars: dict, now: int) -> int:
        """Returns its number, for `is_waiting`."""
        return self._add(messages.EVENT, {"k": key, "a": particulars}, now, key in _KEPT_EVENTS)

    def applied(self, version: int, faults: list, now: int) -> None:
        """The answer to a config: without faults it is in force."""
        texts = [fault[: messages.MAX_TEXT] for fault in faults[:40]]
        seq = self._add(messages.APPLIED, {"c": version, "ok": not faults, "f": texts}, now, True)
        self._refused = (version, seq) if faults else None

    def is_waiting(self, seq: int) -> bool:
        return seq in self._outbox

    def connected(self, now: int) -> None:
        """The link is there (again): nothing that was under way counts, and the time is asked anew."""
        self._outbox.all_due()
        self._greeting = True
        self._asked_at = None
        self._ask_due = now
        self._ask_again_ms = _ASK_AGAIN_MS

    def last_will(self) -> bytes:
        """What the broker is to say of type "gone" when this boot's link breaks."""
        return self._seal(messages.GONE, messages.write({"b": self.boot}))

    def shorten_messages(self) -> None:
        """There was no memory for the last one. What it held is sent again; for the rest of this boot fewer items go together."""
        self._message_bytes = max(LEAST_MESSAGE_BYTES, self._message_bytes // 2)

    def next_message(self, now: int) -> "tuple | None":
        """(type, sealed message) to send now, or None."""
        lost = self._outbox.next_lost()
        if lost is not None:
            self.event("dropped", {"from": lost[0], "to": lost[1], "why": "ram_full"}, now)
            self._outbox.forget_lost()
        greeting, self._greeting = self._greeting, False
        if self._ask_due <= now and not (greeting and self._outbox.oldest_kind() == messages.HELLO):
            return self._question(now)
        batch = self._outbox.next_batch(now, self._resend_ms, messages.MAX_ITEMS, self._message_bytes - _WRAPPER_BYTES)
        if batch is None:
            return None
        kind, items = batch
        # Around the first and the last, so that the message itself is put together once.
        items[0] = b'{"b":"' + self.boot.encode() + b'","i":[' + items[0]
        items[-1] += b"]}"
        return kind, self._seal(kind, b",".join(items))

    def next_due(self, now: int) -> int:
        due = self._outbox.next_due(now)
        return self._ask_due if due is None else min(self._ask_due, due)

    def handle(self, kind: str, sealed: bytes, now: int) -> "tuple | None":
        """A message from below. Returns a fact for the caller: ("config", version, settings), or None."""
        if kind not in messages.DOWN_TYPES:
            return self._refuse("unknown_type")
        try:
            body = messages.read(kind, unseal(self._key, topics.DOWN, self._node, kind, sealed))
        except AuthenticationError as error:
            return self._refuse(error.reason)
        except MessageError:
            return self._refuse("bad_body")
        if kind == messages.CONFIG:
            return self._take_config(body)
        if body["b"] != self.boot:
            return self._refuse("replayed")
        if kind == messages.ACK:
            self._take_ack(body)
        else:
            self._take_time(body, now)
        return None

    def _take_config(self, body: dict) -> "tuple | None":
        version = body["v"]
        if version <= self.version or self._is_being_refused(version):
            return self._refuse("replayed")
        self._taken()
        return messages.CONFIG, version, body["set"]

    def _is_being_refused(self, version: int) -> bool:
        return self._refused is not None and self._refused[0] == version and self._refused[1] in self._outbox

    def _take_ack(self, body: dict) -> None:
        for first, last in body["r"]:
            self._outbox.acknowledge(first, last)
        self._taken()

    def _take_time(self, body: dict, now: int) -> None:
        asked_at = self._asked_at
        if asked_at is None or body["k"] != self._nonce():
            self._refuse("replayed")
            return
        self._clock.synchronise(asked_at, now, body["u"], body["e"])
        self._asked_at = None
        self._ask_due = now + self._time_sync_ms
        self._ask_again_ms = _ASK_AGAIN_MS
        self._taken()

    def _taken(self) -> None:
        self.counters["taken"] += 1
        self._outbox.answered()

    def _refuse(self, reason: str) -> "tuple | None":
        self.counters[reason] += 1
        return None

    def _nonce(self) -> str:
        # Unique with the boot id that the answer repeats; it need not be secret, because the answer is sealed.
        return str(self._questions)

    def _question(self, now: int) -> tuple:
        self._questions += 1
        self._asked_at = now
        self._ask_due = now + self._ask_again_ms
        self._ask_again_ms = min(2 * self._ask_again_ms, _ASK_AGAIN_MOST_MS)
        body = {"b": self.boot, "s": now, "w": "time", "k": self._nonce()}
        return messages.GET, self._seal(messages.GET, messages.write(body))

    def _seal(self, kind: str, body: bytes) -> bytes:
        return seal(self._key, topics.UP, self._node, kind, body)

    def _add(self, kind: str, item: dict, moment: int, kept: bool) -> int:
        seq = self._seq
        item["q"] = seq
        item["s"] = moment
        known = self._clock.utc(moment)
        if known is not None:
            item["u"], item["e"] = known
        self._outbox.add(seq, kind, messages.write(item), kept)
        self._seq += 1  # only now: a number that was taken for nothing, for want of memory, would be missed for ever
        return seq
