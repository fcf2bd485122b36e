"""A short life of a buffer, for test_power_cut.py: commits, receipts at once and for later, thinning, checkpoints.

A mark behind each acknowledged commit.
"""

import os
import sys
from pathlib import Path

from contract import messages
from contract.site.device_api import ACCEPTED
from gateway.items import Row
from gateway.store.delivery.batch import Verdict
from gateway.store.delivery.delivery import LanePart
from gateway.store.lanes import REPORT_LANE
from gateway.store.site.dating import Limits
from gateway.store.store import StoreOpener

BOOT = "0000000100000001"
BUDGET = 1 << 20
LIMITS = Limits(50, 100, 86_400_000)


def row(seq: int, kind: str) -> Row:
    body = messages.write({"q": seq, "s": 60_000 * seq, "d": 60_000, "c": 0, "ch": [[0, 1, 0, 1, seq, seq, seq]] * 8})
    return Row("n-1", BOOT, seq, kind, 1_000_000 + 60_000 * seq, 60_000 * seq, 60_000, None, None, body)


def main(folder: Path, marks: Path, synchronous: str) -> None:
    store = StoreOpener(folder, LIMITS, BUDGET, "gw-east").open(0).store
    if synchronous != "FULL":
        store.connection.execute(f"PRAGMA synchronous = {synchronous}")
    told = os.open(marks, os.O_WRONLY | os.O_CREAT)
    for step in range(45):
        rows = [row(seq, "event" if seq % 5 == 0 else "report") for seq in range(step * 4, step * 4 + 4)]
        store.buffer.commit(rows, [], 1_000_000 + 240_000 * step)
        os.write(told, b"%d\n" % (step * 4 + 3))
        if step % 9 == 8:
            batch = store.outbox.next_batch(5, 1 << 20, extras=True)
            store.outbox.settle(batch, [Verdict(ACCEPTED)] * len(batch.items), gaps_taken=True, now_ms=step)
        if step % 6 == 5:
            reports = store.outbox.next_batch(3, 1 << 20, extras=False, parts=(LanePart(REPORT_LANE, newest_first=True),))
            store.outbox.settle(reports, [Verdict(ACCEPTED)] * len(reports.items), gaps_taken=False, now_ms=step)
            store.delivery.becomes_due()
        if step in (20, 40):
            store.eviction.thinning.thin_reports(step)
        if step in (12, 30):
            store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
