# What was made and is not yet known to be committed: items, encoded once, until their acknowledgement. Decides what is sent next and
# what goes when there is no room; never encodes, seals or sends. Pure.
#
# An item is due when it is new, and again resend_ms after each sending; the wait doubles with each (8 times at most) and has up to a
# quarter of jitter on top. It is *under way* for resend_ms after a sending: at most MAX_UNDER_WAY items are, so that a gateway that
# does not answer costs a bounded share of the link. An answer after SILENT_RESENDS messages that were sent again makes all due at once.
# An item that was sent OVERTAKEN_MS before another that is acknowledged got lost on the way: it is due at once, the first time.
# No room: the oldest report goes (a kept item only when there is no other); its number is remembered until there is room to report it.

MAX_UNDER_WAY = 40
MAX_DOUBLINGS = 8
SILENT_RESENDS = 2
OVERTAKEN_MS = 1000
MAX_LOST_RANGES = 16
# Room for the item that reports a lost range.
LOST_BYTES = 200

# One item: a list, because an instance with a dictionary costs three times as much on the device.
_SEQ, _KIND, _ENCODED, _KEPT, _DUE, _TRIES, _ARRIVES = range(7)


def budget_bytes(free_bytes: int, most_bytes: int) -> int:
    """Bytes of items to allow: a third of the heap that is free once the drivers are there (messages need the rest), 4 KiB at least."""
    return max(4096, min(most_bytes, free_bytes // 3))


class Outbox:
    def __init__(self, max_items: int, max_bytes: int, randrange):
        self.max_items = max_items
        self.max_bytes = max_bytes
        self.bytes = 0
        self.counters = {"dropped": 0, "resent": 0, "lost_ranges_joined": 0}
        self._randrange = randrange
        self._items: list = []
        self.resends = 0
        self._lost: list = []

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, seq: int) -> bool:
        return any(item[_SEQ] == seq for item in self._items)

    def fit(self, free_bytes: int, most_bytes: int) -> None:
        """Takes what the heap has left now. What is too much goes as for any want of room, if it has not moved to flash before."""
        self.max_bytes = budget_bytes(free_bytes + self.bytes, most_bytes)

    def oldest_kind(self) -> "str | None":
        return self._items[0][_KIND] if self._items else None

    def oldest_seq(self) -> "int | None":
        return self._items[0][_SEQ] if self._items else None

    def newest_seq(self) -> int:
        return self._items[-1][_SEQ] if self._items else -1

    def is_filling(self) -> bool:
        """Three quarters of the room are taken."""
        return 4 * len(self._items) >= 3 * self.max_items or 4 * self.bytes >= 3 * self.max_bytes

    def oldest(self, max_bytes: int, overhead: int) -> list:
        """[(seq, kind, encoded), ...], at least one where any item waits, within max_bytes with this overhead for each."""
        found: list = []
        for item in self._items:
            max_bytes -= len(item[_ENCODED]) + overhead
            if found and max_bytes < 0:
                break
            found.append((item[_SEQ], item[_KIND], item[_ENCODED]))
        return found

    def forget(self, count: int) -> None:
        """The oldest of this count are kept elsewhere."""
        self.bytes -= sum(len(item[_ENCODED]) for item in self._items[:count])
        self._items = self._items[count:]

    def add(self, seq: int, kind: str, encoded: bytes, kept: bool) -> None:
        while self._items and (len(self._items) >= self.max_items or self.bytes + len(encoded) > self.max_bytes):
            self._drop()
        self._items.append([seq, kind, encoded, kept, 0, 0, 0])
        self.bytes += len(encoded)

    def acknowledge(self, first: int, last: int) -> int:
        """Forgets the items of this range of numbers; returns how many there were."""
        gone = [item for item in self._items if first <= item[_SEQ] <= last]
        for item in gone:
            self._items.remove(item)
            self.bytes -= len(item[_ENCODED])
        if gone:
            self._hurry_overtaken(max(item[_ARRIVES] for item in gone))
        return len(gone)

    def answered(self) -> None:
        """The gateway lives. After a silence nothing waits for its back-off any longer."""
        if self.resends >= SILENT_RESENDS:
            self.all_due()
        self.resends = 0

    def all_due(self) -> None:
        for item in self._items:
            item[_DUE] = item[_TRIES] = item[_ARRIVES] = 0

    def next_lost(self) -> "list | None":
        """A range [first, last] of numbers that were dropped and not reported yet; None also while reporting it would drop another item."""
        room = len(self._items) < self.max_items and self.bytes + LOST_BYTES <= self.max_bytes
        return self._lost[0] if self._lost and room else None

    def forget_lost(self) -> None:
        """An item reports the range of next_lost."""
        self._lost.pop(0)

    def next_batch(self, now: int, resend_ms: int, max_items: int, max_bytes: int) -> "tuple | None":
        """(kind, [encoded, ...]) of due items of one kind, oldest first, joined with commas within max_bytes (a single item may be
        longer), or None. They count as sent at `now`."""
        room = min(max_items, MAX_UNDER_WAY - sum(1 for item in self._items if item[_ARRIVES] > now))
        batch: list = []
        size = 0
        for item in self._items:
            if len(batch) >= room:
                break
            if item[_DUE] > now or (batch and item[_KIND] != batch[0][_KIND]):
                continue
            size += len(item[_ENCODED]) + 1
            if batch and size > max_bytes:
                break
            batch.append(item)
        if not batch:
            return None
        self.resends += any(item[_TRIES] for item in batch)
        for item in batch:
            self._sent(item, now, resend_ms)
        return batch[0][_KIND], [item[_ENCODED] for item in batch]

    def next_due(self, now: int) -> "int | None":
        """Uptime at which next_batch may have something, `now` when it has; None while there are no items."""
        if not self._items:
            return None
        due = max(now, min(item[_DUE] for item in self._items))
        arrivals = [item[_ARRIVES] for item in self._items if item[_ARRIVES] > now]
        return max(due, min(arrivals)) if len(arrivals) >= MAX_UNDER_WAY else due

    def _hurry_overtaken(self, arrived: int) -> None:
        # Only after a first sending: what is never acknowledged must not be sent again with every answer to others.
        for item in self._items:
            if item[_TRIES] == 1 and item[_ARRIVES] + OVERTAKEN_MS <= arrived:
                item[_DUE] = item[_ARRIVES] = 0

    def _sent(self, item: list, now: int, resend_ms: int) -> None:
        wait = resend_ms << min(item[_TRIES], MAX_DOUBLINGS)
        if item[_TRIES]:
            self.counters["resent"] += 1
        item[_TRIES] += 1
        item[_DUE] = now + wait + self._randrange(wait // 4 + 1)
        item[_ARRIVES] = now + resend_ms

    def _drop(self) -> None:
        at = 0
        for index, item in enumerate(self._items):
            if not item[_KEPT]:
                at = index
                break
        item = self._items.pop(at)
        self.bytes -= len(item[_ENCODED])
        self.counters["dropped"] += 1
        self._remember(item[_SEQ])

    def _remember(self, seq: int) -> None:
        lost = self._lost
        if lost and lost[-1][1] == seq - 1:
            lost[-1][1] = seq
        elif len(lost) < MAX_LOST_RANGES:
            lost.append([seq, seq])
        else:  # claims the numbers between as lost too: the receiver believes what it has over what is claimed
            lost[-1] = [min(lost[-1][0], seq), max(lost[-1][1], seq)]
            self.counters["lost_ranges_joined"] += 1
