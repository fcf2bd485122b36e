# What moves from the outbox into flash, and what of it is sent when. Pure: the spool is handed in.
#
# An item is moved when it is un-acknowledged for spool_after_s, or when the outbox is three quarters full; with the oldest goes all that
# waits, so that one write serves many. It keeps its key (boot, number). Sent is one batch at a time, in order, at most history_per_s
# items a second, again with a doubling wait until every item of it is acknowledged: what is new goes first, with no word to history.
# No room in flash: the oldest file goes; first an event reports, for each boot, which range of numbers is lost. It
# may claim what came all the same: the receiver believes what it has over what is claimed. It is in flash itself before that file goes,
# except where flash ends before the budget does: then there is room for it only afterwards.

import json

from contract import messages

BATCH_BYTES = 4096
MESSAGE_BYTES = 2048
MAX_DOUBLINGS = 8
_RECORD_BYTES = 19
_ENOSPC = 28
_NO_MEMORY_MS = 1000


class History:
    def __init__(self, spool, outbox, boot: str):
        self._spool = spool
        self._outbox = outbox
        self._boot = bytes.fromhex(boot)
        self._after_ms = 60000
        self._per_s = 10
        self._resend_ms = 5000
        self._oldest: "tuple | None" = None  # (number, since when it is the oldest of the outbox)
        self._move_to = -1  # newest number that has to move
        self._retry_due = 0
        self._flash_full = False
        self._leaving = (0, -1)  # file that has to go, and the number that must be out of the outbox before
        self._under_way: list = []  # numbers of the batch that are not acknowledged
        self._under_way_boot = b""
        self._tries = 0
        self._silent = 0  # sendings without any answer
        self._due = 0
        self._rate_due = 0

    def configure(self, settings: dict) -> None:
        self._after_ms = 1000 * settings["spool_after_s"]
        self._per_s = settings["history_per_s"]
        self._resend_ms = settings["resend_ms"]

    def __bool__(self) -> bool:
        return len(self._spool) > 0

    def has_unacknowledged(self) -> bool:
        """Whether anything waits for the gateway, in RAM or in flash."""
        return len(self._outbox) > 0 or len(self._spool) > 0

    def must_move(self, now: int) -> bool:
        oldest = self._outbox.oldest_seq()
        if oldest is None or now < self._retry_due:
            return False
        if self._oldest is None or self._oldest[0] != oldest:
            self._oldest = (oldest, now)
        if now - self._oldest[1] >= self._after_ms or self._outbox.is_filling():
            self._move_to = self._outbox.newest_seq()
        return oldest <= self._move_to

    def move_all(self) -> None:
        """Before a restart: whatever waits is to move, now."""
        self._retry_due = 0
        self._move_to = messages.MAX_SEQ

    def losses(self) -> list:
        """[{"b", "from", "to", "why"}, ...]: what will be lost for want of room: to be reported before move(). Mostly empty."""
        spool = self._spool
        if self._leaving[0] or not spool or not (self._flash_full or spool.is_full_for(BATCH_BYTES)):
            return []
        found: dict = {}
        for kind, boot, seq, encoded in spool.oldest():
            _widen(found, boot.hex(), seq, seq)
            if messages.ITEM_TYPES[kind] == messages.EVENT and b'"dropped"' in encoded:
                self._carry_on(found, boot.hex(), json.loads(encoded))
        self._leaving = (spool.oldest_number(), -1)
        return [{"b": boot, "from": span[0], "to": span[1], "why": "spool_full"} for boot, span in found.items()]

    def reported(self, seq: int) -> None:
        """The event of this number reports the losses."""
        self._leaving = (self._leaving[0], seq)

    def _carry_on(self, found: dict, boot: str, event: dict) -> None:
        loss = event["a"]
        if event["k"] == "dropped":
            _widen(found, loss.get("b", boot), loss["from"], loss["to"])

    def move(self, now: int) -> int:
        """One batch from the outbox into flash; returns how many items. 0: there are none, or the flash refuses (they stay)."""
        batch = self._outbox.oldest(BATCH_BYTES, _RECORD_BYTES)
        if not batch:
            return 0
        kinds = messages.ITEM_TYPES
        try:
            self._spool.write([(kinds.index(kind), self._boot, seq, encoded) for seq, kind, encoded in batch])
        except OSError as error:
            self._flash_full = error.errno == _ENOSPC
            if self._flash_full and self._spool:
                self._drop_leaving()  # is reported from RAM: there is no room for that either
            else:
                self._retry_due = now + self._after_ms
            return 0
        except MemoryError:  # what is in flash of it comes twice, under one key
            self._retry_due = now + _NO_MEMORY_MS
            return 0
        self._flash_full = False
        self._outbox.forget(len(batch))
        self._make_room()
        return len(batch)

    def _make_room(self) -> None:
        # Only once its report is as safe as what goes.
        oldest = self._outbox.oldest_seq()
        if oldest is None or oldest > self._leaving[1]:
            self._drop_leaving()

    def _drop_leaving(self) -> None:
        number = self._leaving[0]
        if number and self._spool.oldest_number() == number:
            self._spool.drop_oldest()
            self._under_way = []
            self._tries = self._due = 0
        self._leaving = (0, -1)

    def connected(self) -> None:
        self._tries = self._due = 0

    def answered(self) -> None:
        """The gateway lives: a wait that doubled while it was silent is over. It is not when only this batch finds no answer."""
        if self._silent > 1:
            self.connected()
        self._silent = 0

    def next_batch(self, now: int, max_bytes: int) -> "tuple | None":
        """(type, [encoded, ...], boot) or None. They count as sent at `now`."""
        if not self or now < self.next_due():
            return None
        batch = self._spool.next_batch(messages.MAX_ITEMS, min(max_bytes, MESSAGE_BYTES))
        if batch is None:
            return None
        kind, self._under_way_boot, items = batch
        self._under_way = [seq for seq, _ in items]
        self._due = now + (self._resend_ms << min(self._tries, MAX_DOUBLINGS))
        self._tries += 1
        self._silent += 1
        self._rate_due = now + 1000 * len(items) // self._per_s
        return messages.ITEM_TYPES[kind], [encoded for _, encoded in items], self._under_way_boot.hex()

    def next_due(self) -> int:
        return max(self._due, self._rate_due)

    def acknowledge(self, boot: str, ranges: list) -> bool:
        """Whether items of this boot are under way."""
        if not self._under_way or bytes.fromhex(boot) != self._under_way_boot:
            return False
        self._under_way = [seq for seq in self._under_way if not any(first <= seq <= last for first, last in ranges)]
        if not self._under_way:
            self._spool.confirm()
            self._tries = self._due = 0
        return True


def _widen(found: dict, boot: str, first: int, last: int) -> None:
    known = found.setdefault(boot, [first, last])
    known[0] = min(known[0], first)
    known[1] = max(known[1], last)
