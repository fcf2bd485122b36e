# A ring of files in flash for items that wait too long in RAM: appended in batches, read in order one batch at a time, removed whole.
# It does not know what an item says, when one is to be moved or sent, or what is reported of those that were dropped: history.py does.
#
#   /spool/00000007   | record | record | ...     spool_segment's records; names rise; only the newest that this boot opened grows
#
# Survives: a cut at any byte of a write (what write() returned from is there; what follows a torn record is not read, and a boot
# appends to no file of an earlier one), a full or read-only flash (OSError, nothing changes), names that are not ours.
# What is acknowledged of a file that is not read to its end yet is known in RAM only: after a cut it is sent again, under its own key.
# Nothing is ever rewritten. Wear, with reports each 10 s: nothing while they are acknowledged; with the link down at most
# MAX_ERASES_PER_DAY block erases (tests/spool_cuts.py measures it), which littlefs spreads over the free blocks.

import os

from node import spool_segment
from node.portable import const

BLOCK_BYTES = const(4096)
# Two blocks of littlefs, whose second begins with a pointer to the first.
SEGMENT_BYTES = const(8188)
MAX_ERASES_PER_DAY = const(2400)


class Spool:
    def __init__(self, folder: str, budget_bytes: int):
        """budget_bytes: at most this much of flash, and one batch; at least two segments. `bytes`: taken of it, in whole blocks: a node
        that starts often leaves many short files."""
        self.counters = {"spooled": 0, "torn": 0, "write_failed": 0}
        self.bytes = 0
        self._folder = folder
        self._budget = budget_bytes
        self._segments: list = []  # [number, bytes], oldest first
        self._last = 0
        self._grows = False  # whether the newest is of this boot and whole
        self._offset = 0  # in the oldest: what is before it is acknowledged
        self._end = 0  # in the oldest: end of the batch that next_batch gave last

    def load(self) -> None:
        """Finds what earlier boots left."""
        try:
            names = os.listdir(self._folder)
        except OSError:  # none yet
            return
        for number in sorted(int(name) for name in names if name.isdigit()):
            self._segments.append([number, os.stat(self._path(number))[6]])
            self._last = number
        self.bytes = sum(_whole_blocks(segment[1]) for segment in self._segments)

    def __len__(self) -> int:
        """How many files there are; 0: nothing waits here."""
        return len(self._segments)

    def oldest_number(self) -> int:
        return self._segments[0][0] if self._segments else 0

    def is_full_for(self, size: int) -> bool:
        """Whether the oldest file has to go for this many bytes more."""
        return len(self._segments) > 1 and self.bytes + size > self._budget

    def write(self, items: list) -> None:
        """items: [(kind, boot, seq, encoded), ...], within SEGMENT_BYTES. They are durable when it returns. Raises OSError."""
        size = sum(len(item[3]) + spool_segment.HEAD_BYTES + spool_segment.CRC_BYTES for item in items)
        grows, self._grows = self._grows, False  # so that a file whose write failed is closed
        if not grows or self._segments[-1][1] + size > SEGMENT_BYTES:
            if not self._segments:
                self._make_folder()
            self._last += 1
            self._segments.append([self._last, 0])
        segment = self._segments[-1]
        try:
            with open(self._path(segment[0]), "ab") as file:
                for item in items:
                    file.write(spool_segment.encode(*item))
        except (OSError, MemoryError):
            self.counters["write_failed"] += 1
            if not segment[1]:
                self._remove(self._segments.pop()[0])
            raise
        self.bytes += _whole_blocks(segment[1] + size) - _whole_blocks(segment[1])
        segment[1] += size
        self._grows = True
        self.counters["spooled"] += len(items)

    def next_batch(self, max_items: int, max_bytes: int) -> "tuple | None":
        """(kind, boot, [(seq, encoded), ...]) of the oldest that are not confirmed, one kind and one boot, or None when there are none.
        Twice without confirm() in between gives the same."""
        while self._segments:
            batch = self._batch(max_items, max_bytes)
            if batch is not None:
                return batch
            if self._offset < self._segments[0][1]:
                self.counters["torn"] += 1
            self.drop_oldest()
        return None

    def confirm(self) -> None:
        """All that next_batch gave last is acknowledged."""
        self._offset = self._end
        if self._segments and self._offset >= self._segments[0][1]:
            self.drop_oldest()

    def oldest(self):
        """Yields (kind, boot, seq, encoded) of what is not confirmed in the oldest file."""
        for record in self._records():
            yield record[1:]

    def drop_oldest(self) -> None:
        """Removes the oldest file, whatever is in it."""
        number, size = self._segments.pop(0)
        self.bytes -= _whole_blocks(size)
        self._offset = self._end = 0
        if not self._segments:
            self._grows = False
        self._remove(number)

    def _batch(self, max_items: int, max_bytes: int) -> "tuple | None":
        batch: list = []
        kind = boot = None
        records = self._records()
        for end, of_kind, of_boot, seq, encoded in records:
            max_bytes -= len(encoded) + 1
            if batch and (of_kind != kind or of_boot != boot or max_bytes < 0 or len(batch) >= max_items):
                break
            kind, boot, self._end = of_kind, of_boot, end
            batch.append((seq, encoded))
        records.close()  # and the file with it: left to the collector it would be open while it is removed
        return (kind, boot, batch) if batch else None

    def _records(self):
        offset = self._offset
        try:
            with open(self._path(self._segments[0][0]), "rb") as file:
                file.seek(offset)
                while True:
                    head = file.read(spool_segment.HEAD_BYTES)
                    size = int.from_bytes(head[:2], "big")
                    if size > spool_segment.MAX_ENCODED_BYTES:
                        break
                    data = head + file.read(size + spool_segment.CRC_BYTES)
                    record = spool_segment.decode(data, 0)
                    if record is None:
                        break
                    offset += record[0]
                    yield (offset,) + record[1:]
        except OSError:  # not readable: as if it were torn here
            pass

    def _remove(self, number: int) -> None:
        try:
            os.remove(self._path(number))
        except OSError:  # not there, or read-only: then it comes again with the next boot, under the same keys
            pass

    def _path(self, number: int) -> str:
        return "%s/%08d" % (self._folder, number)

    def _make_folder(self) -> None:
        try:
            os.mkdir(self._folder)
        except OSError:  # it is there, or open() will say what is wrong
            pass


def _whole_blocks(size: int) -> int:
    return (size + BLOCK_BYTES - 1) // BLOCK_BYTES * BLOCK_BYTES
