"""What the buffer writes to the disk for what it is given: 40 nodes at 10 s, answered by the fleet, for a commit window of 0 and of 1 s.

Counted by the kernel for this process alone (/proc/self/io, write_bytes): whole pages as they go to the disk, checkpoints and upkeep
included. Time is simulated: what a commit writes does not depend on how long ago the last one was.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from contract import messages
from gateway.configuration import BufferSection
from gateway.intake.items import Row
from gateway.store.dating import Limits
from gateway.store.outbox import Verdict
from gateway.store.store import StoreOpener, tidy
from hil_tests.bench.figures import Figure
from hil_tests.load_node import report

NODES = 40
PERIOD_S = 10
SECONDS = 900
_DAY_S = 86_400
_MOST_AT_1_S = 12
_BOOT = "00000001beac4000"


def figures() -> Iterator[Figure]:
    payload = sum(len(row.body) for second in range(SECONDS) for row in _rows(second))
    for window_s in (0, 1):
        written = _written(window_s)
        ratio = round(written / payload, 2)
        target, ok = (f"<= {_MOST_AT_1_S}", ratio <= _MOST_AT_1_S) if window_s else (None, None)
        yield Figure(f"gateway.write_amplification_{window_s}s", ratio, "x payload", target=target, ok=ok)
        yield Figure(f"gateway.written_mb_per_day_{window_s}s", round(written * _DAY_S / SECONDS / 1e6, 1), "MB/day")


def _written(window_s: int) -> int:
    with tempfile.TemporaryDirectory(dir=".") as folder:
        store = StoreOpener(Path(folder), Limits(1000, 200, 86_400_000), 1 << 30, "gw-disk").open(0).store
        before = _write_bytes()
        for second in range(SECONDS):
            rows = _rows(second)
            for part in [rows] if window_s else [[row] for row in rows]:
                store.buffer.commit(part, [], second * 1000)
            batch = store.outbox.next_batch(500, 1 << 20, extras=True)
            store.outbox.settle(batch, [Verdict("accepted")] * len(batch.items), gaps_taken=True, now_ms=second * 1000)
            if second % 10 == 0:
                tidy(store, BufferSection(sent_retention_s=300), second * 1000)
        written = _write_bytes() - before
        store.close()
        return written


def _rows(second: int) -> list[Row]:
    seq, start_ms = divmod(second, PERIOD_S)[0], (second - PERIOD_S) * 1000 + 1_800_000_000_000
    nodes = range(second % PERIOD_S, NODES, PERIOD_S)
    body = messages.write(report(seq, second * 1000, start_ms, PERIOD_S * 1000))
    return [Row(f"n-{node:02}", _BOOT, seq, "report", start_ms + 10_040, second * 1000, 10_000, start_ms, 50, body) for node in nodes]


def _write_bytes() -> int:
    for line in Path("/proc/self/io").read_text().splitlines():
        if line.startswith("write_bytes:"):
            return int(line.split()[1])
    raise OSError("the kernel does not count what this process writes")
