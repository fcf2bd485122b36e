"""What the buffer writes to the disk for what it is given: 40 nodes at 10 s, answered by the fleet, for a commit window of 0 and of 1 s.

Counted by the kernel for this process alone (/proc/self/io, write_bytes): whole pages as they go to the disk, checkpoints, receipts,
expiry and what `status` shows included. Counted from where as much expires as comes. Time is simulated: what a commit writes does not
depend on how long ago the last one was.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from contract import messages
from contract.messages import REPORT
from contract.quality import OK
from contract.quantities import ID
from contract.site.device_api import ACCEPTED
from gateway.configuration import BufferSection
from gateway.counters import RUNTIME
from gateway.items import Row
from gateway.store.delivery.batch import Verdict
from gateway.store.site.dating import Limits
from gateway.store.store import Store, StoreOpener
from gateway.upkeep.buffer_upkeep import TIDY_EVERY_S, tidy
from gateway.upkeep.health_recorder import SAVE_EVERY_S
from hil_tests.bench.figures import Measured

NODES = 40
PERIOD_S = 10
RETENTION_S = 300
FROM_S, TO_S = 600, 2400
_LEVELS = {"pm1_atm": 120, "pm2_5_atm": 250, "pm10_atm": 400, "tvoc": 1500, "temperature": 2234, "humidity": 5512}
_DAY_S = 86_400
_EPOCH_MS = 1_800_000_000_000
_BOOT = "00000001beac4000"


def figures() -> Iterator[Measured]:
    payload = sum(len(row.body) for second in range(FROM_S, TO_S) for row in _rows(second))
    for window_s in (0, 1):
        written = _written(window_s)
        yield Measured(f"gateway.write_amplification_{window_s}s", written / payload)
        yield Measured(f"gateway.written_mb_per_day_{window_s}s", written * _DAY_S / (TO_S - FROM_S) / 1e6)


def _written(window_s: int) -> int:
    with tempfile.TemporaryDirectory(dir=".") as folder:
        store = StoreOpener(Path(folder), Limits(1000, 200, 86_400_000), 1 << 30, "gw-disk").open(_EPOCH_MS).store
        before = 0
        for second in range(TO_S):
            if second == FROM_S:
                before = _write_bytes()
            _live(store, second, window_s)
        store.close()
        return _write_bytes() - before


def _live(store: Store, second: int, window_s: int) -> None:
    """One second of a gateway, with what its upkeep does in it."""
    rows, now_ms = _rows(second), _EPOCH_MS + second * 1000
    for part in [rows] if window_s else [[row] for row in rows]:
        store.buffer.commit(part, [], now_ms)
    batch = store.outbox.next_batch(500, 1 << 20, extras=True)
    store.outbox.settle(batch, [Verdict(ACCEPTED)] * len(batch.items), gaps_taken=True, now_ms=now_ms)
    if second % round(TIDY_EVERY_S) == 0:
        tidy(store, BufferSection(sent_retention_s=RETENTION_S), now_ms)
    if second % round(SAVE_EVERY_S) == 0:
        counters = {name: second for name in RUNTIME if name.startswith(("messages", "store", "uplink", "rules"))}
        store.health.save(counters, [], 100, {"nodes": {f"n-{node:02}": _state(now_ms) for node in range(NODES)}}, now_ms)


def _state(now_ms: int) -> dict[str, object]:
    """Of a node as gateway/health/snapshot.py tells it."""
    settings = {"wanted": 3, "has": 3, "state": "in_force", "faults": []}
    return {"boot": _BOOT, "heard_ms": now_ms, "report_ms": now_ms, "gone": False, "settings": settings, "refused": {}}


def _rows(second: int) -> list[Row]:
    seq, start_ms = divmod(second, PERIOD_S)[0], (second - PERIOD_S) * 1000 + _EPOCH_MS
    nodes = range(second % PERIOD_S, NODES, PERIOD_S)
    return [_row(node, seq, second * 1000 + 7 * node, start_ms + 7 * node) for node in nodes]


def _row(node: int, seq: int, uptime_ms: int, start_ms: int) -> Row:
    chance = Random(1000 * seq + node)
    error_ms = chance.randint(20, 80)
    body = messages.write({**report_of(chance, seq, uptime_ms), "u": start_ms, "e": error_ms})
    return Row(f"n-{node:02}", _BOOT, seq, REPORT, start_ms + 10_040, uptime_ms, 1000 * PERIOD_S, start_ms, error_ms, body)


def report_of(chance: Random, seq: int, uptime_ms: int) -> dict[str, Any]:
    """Whose numbers are as different as those of sensors: what a disk or a line sees must not be easier to pack than life is."""
    channels = []
    for quantity, level in _LEVELS.items():
        mean = round(level * chance.uniform(0.8, 1.2))
        least, most = mean - chance.randint(0, level // 20), mean + chance.randint(0, level // 20)
        channels.append([0, ID[quantity], OK, 10, mean, least, most])
    return {"q": seq, "s": uptime_ms, "d": 1000 * PERIOD_S, "c": 3, "ch": channels}


def _write_bytes() -> int:
    for line in Path("/proc/self/io").read_text().splitlines():
        if line.startswith("write_bytes:"):
            return int(line.split()[1])
    raise OSError("the kernel does not count what this process writes")
