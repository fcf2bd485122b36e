# The talk of one boot with the gateway, whatever carries it: sealed messages in (`handle`), sealed messages out (`next_message`),
# `next_due` between. Sans-IO: the carrier says when the link is there and hands in uptime; it learns nothing of items or keys.
# Pure.
#
#   made here     hello, report, event, applied     items, numbered in one sequence, kept in the outbox until acknowledged
#   kept here     items that history.py moved to flash, also of earlier boots: sent when nothing new is due, under their own keys
#   asked here    get time                          at each start of the link and every time_sync_ms, with a nonce
#   taken here    ack, time, config, do             only with the node's seal
# A replay does nothing: time must be of this boot and echo the nonce that is out, ack of this boot or of what is under way from flash,
# config must have a greater version, do a greater number than the last one of this boot, and not one so
# far ahead that no other would be greater.
# What the settings mean is not its business: a config becomes the fact ("config", version, settings), answered by `applied`.

from contract import messages, topics
from contract.authentication import seal, unseal
from contract.errors import AuthenticationError, MessageError
from contract.values import MAX_SEQ, MAX_VERSIONS_AHEAD
from node.shortage import Shortage
from node.time_question import TimeQuestion

# {"b":"<16 digits>","i":[...]}
_WRAPPER_BYTES = 29

_KEPT_EVENTS = ("dropped", "settings_lost", "settings_returned", "crashed")


class Session:
    def __init__(self, node: str, key: bytes, boot: str, clock, outbox, history=None):
        self.boot = boot
        self.version = 0
        self.counters = {"taken": 0, "no_seal": 0, "bad_mac": 0, "bad_body": 0, "unknown_type": 0, "replayed": 0}
        self._node = node
        self._key = key
        self._clock = clock
        self.outbox = outbox
        self._history = history
        self._resend_ms = 5000
        self._seq = self._returned = self._request = 0
        self._hello: "dict | None" = None
        self._refused: "tuple | None" = None
        self._expected: "int | None" = None
        self._acknowledged = False
        self.shortage = Shortage()
        self._greeting = True
        self._time = TimeQuestion(boot, clock)

    def configure(self, version: int, settings: dict, returned: int = 0) -> None:
        """Settings that are in force from now on. returned: up to this version none is taken again."""
        self.version = version
        self._returned = returned
        self._resend_ms = settings["resend_ms"]
        self._time.sync_ms = settings["time_sync_ms"]
        if self._history is not None:
            self._history.configure(settings)

    def hello(self, about: dict, now: int) -> None:
        """What the node is: hw, fw, mp, rc, sn. An item is made only when it, or the settings version, is not what was reported last."""
        about = dict(about, c=self.version)
        if about != self._hello:
            self._hello = about
            self._add(messages.HELLO, dict(about), now, True)

    def report(self, start: int, duration_ms: int, channels: list) -> int:
        """Returns its number."""
        return self._add(messages.REPORT, {"d": duration_ms, "c": self.version, "ch": channels}, start, False)

    def event(self, key: str, particulars: dict, now: int) -> int:
        """Returns its number, for `is_waiting`."""
        return self._add(messages.EVENT, {"k": key, "a": particulars}, now, key in _KEPT_EVENTS)

    def applied(self, version: int, faults: list, now: int) -> None:
        """The answer to a config: without faults it is in force."""
        texts = [fault[: messages.MAX_TEXT] for fault in faults[:40]]
        seq = self._add(messages.APPLIED, {"c": version, "ok": not faults, "f": texts}, now, True)
        self._refused = (version, seq) if faults else None

    def expect(self, seq: int) -> None:
        """Its acknowledgement is noted, for `was_acknowledged`; one at a time."""
        self._expected = seq
        self._acknowledged = False

    def was_acknowledged(self, seq: int) -> bool:
        return seq == self._expected and self._acknowledged

    def is_waiting(self, seq: int) -> bool:
        return seq in self.outbox or bool(self._history)

    def keep(self, now: int) -> None:
        """To be called now and then: what has waited too long in RAM goes to flash, one write at most."""
        history = self._history
        if history is not None and history.must_move(now):
            for loss in history.losses():
                history.reported(self.event("dropped", loss, now))
            history.move(now)

    def keep_all(self, now: int) -> None:
        """Before a restart: as much as flash takes."""
        if self._history is not None:
            self._history.move_all()
            while self._history.must_move(now):
                self.keep(now)

    def connected(self, now: int) -> None:
        """The link is there (again): nothing that was under way counts, and the time is asked anew."""
        self._all_due()
        self._greeting = True
        self._time.connected(now)

    def last_will(self) -> bytes:
        """What the broker is to publish of type "gone" when this boot's link breaks."""
        return self._seal(messages.GONE, messages.write({"b": self.boot}))

    def no_memory(self, now: int) -> None:
        """There was none for the last message: what it held did not leave, so it is due at once. Raises MemoryError when that lasts."""
        self.shortage.begins(now)
        self._all_due()

    def next_message(self, now: int) -> "tuple | None":
        """(type, sealed message) to send now, or None."""
        lost = self.outbox.next_lost()
        if lost is not None:
            self.event("dropped", {"from": lost[0], "to": lost[1], "why": "ram_full"}, now)
            self.outbox.forget_lost()
        greeting, self._greeting = self._greeting, False
        if self._time.due <= now and not (greeting and self.outbox.oldest_kind() == messages.HELLO):
            return messages.GET, self._seal(messages.GET, self._time.next(now))
        room = self.shortage.message_bytes - _WRAPPER_BYTES
        batch = self.outbox.next_batch(now, self._resend_ms, messages.MAX_ITEMS, room)
        if batch is None and self._history:
            batch = self._history.next_batch(now, room)
        if batch is None:
            return None
        kind, items, boot = batch if len(batch) == 3 else batch + (self.boot,)
        sealed = self._seal(kind, _joined(boot, items))
        self.shortage.ends()
        return kind, sealed

    def next_due(self, now: int) -> int:
        due = self.outbox.next_due(now)
        due = self._time.due if due is None else min(self._time.due, due)
        return min(due, max(now, self._history.next_due())) if self._history else due

    def handle(self, kind: str, sealed: bytes, now: int) -> "tuple | None":
        """A message from below. Returns a fact for the caller: ("config", version, settings), ("do", body), or None."""
        if kind not in messages.DOWN_TYPES:
            return self._refuse("unknown_type")
        try:
            body = messages.read(kind, unseal(self._key, topics.DOWN, self._node, kind, sealed))
        except AuthenticationError as error:
            return self._refuse(error.reason)
        except MessageError:
            return self._refuse("bad_body")
        if kind == messages.CONFIG:
            return self._take_config(body, now)
        if kind == messages.ACK:
            return self._take_ack(body)
        if body["b"] != self.boot:
            return self._refuse("replayed")
        if kind == messages.DO:
            return self._take_request(body, now)
        return self._take_time(body, now)

    def _take_config(self, body: dict, now: int) -> "tuple | None":
        version = body["v"]
        if version <= max(self.version, self._returned) or self._is_being_refused(version):
            if version == self._returned and not self._is_being_refused(version):
                self.applied(version, ["returned: it was on trial before"], now)  # or it would be offered for ever
            return self._refuse("replayed")
        self._taken()
        return messages.CONFIG, version, body["set"]

    def _take_request(self, body: dict, now: int) -> "tuple | None":
        if not 0 < body["k"] - self._request <= _most_ahead(self._request, self._clock.utc(now)):
            return self._refuse("replayed")
        self._request = body["k"]
        self._taken()
        return messages.DO, body

    def _is_being_refused(self, version: int) -> bool:
        return self._refused is not None and self._refused[0] == version and self.is_waiting(self._refused[1])

    def _take_ack(self, body: dict) -> "tuple | None":
        under_way = self._history is not None and self._history.acknowledge(body["b"], body["r"])
        if body["b"] == self.boot:
            for first, last in body["r"]:
                self.outbox.acknowledge(first, last)
                if self._expected is not None and first <= self._expected <= last:
                    self._acknowledged = True
        elif not under_way:
            return self._refuse("replayed")
        return self._taken()

    def _take_time(self, body: dict, now: int) -> "tuple | None":
        if not self._time.take(body, now):
            return self._refuse("replayed")
        return self._taken()

    def _all_due(self) -> None:
        self.outbox.all_due()
        if self._history is not None:
            self._history.connected()

    def _taken(self) -> "tuple | None":
        self.counters["taken"] += 1
        self.outbox.answered()
        if self._history is not None:
            self._history.answered()
        return None

    def _refuse(self, reason: str) -> "tuple | None":
        self.counters[reason] += 1
        return None

    def _seal(self, kind: str, body: bytes) -> bytes:
        return seal(self._key, topics.UP, self._node, kind, body)

    def _add(self, kind: str, item: dict, moment: int, kept: bool) -> int:
        seq = self._seq
        item["q"] = seq
        item["s"] = moment
        known = self._clock.utc(moment)
        if known is not None:
            item["u"], item["e"] = known
        self.outbox.add(seq, kind, messages.write(item), kept)
        self._seq += 1  # only now: a number that was taken for nothing, for want of memory, would be missed for ever
        return seq


def _most_ahead(request: int, utc: "tuple | None") -> int:
    # The numbers of requests are seconds of UTC, or one more than the last. They end with the boot: without the time there is no bound.
    return MAX_SEQ if utc is None else max(0, utc[0] // 1000 - request) + MAX_VERSIONS_AHEAD


def _joined(boot: str, items: list) -> bytes:
    # Around the first and the last, so that the message itself is put together once.
    items[0] = b'{"b":"' + boot.encode() + b'","i":[' + items[0]
    items[-1] += b"]}"
    return b",".join(items)
