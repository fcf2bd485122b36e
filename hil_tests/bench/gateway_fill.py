"""A backlog in the buffer of a gateway that does not run: put there by the gateway's own buffer, as if it had all been reported earlier."""

import time
from collections.abc import Sequence
from pathlib import Path

from contract import messages
from gateway.items import Row
from gateway.store.site.dating import Limits
from gateway.store.store import StoreOpener
from hil_tests.bench.fast_fleet import GATEWAY
from hil_tests.load_node import report

BUDGET_BYTES = 4 << 30
SECTION = f"\n[buffer]\nbudget_bytes = {BUDGET_BYTES}\n"
_AT_ONCE = 4000
_AGO_S = 3 * 86_400


def fill(state: Path, node: str, boot: str, count: int, bodies: Sequence[bytes] = ()) -> None:
    """`count` reports of the last three days, of these bodies in turn; without any, of one body of six channels."""
    now_ms = time.time_ns() // 1_000_000
    store = StoreOpener(state, Limits(50, 200, 86_400_000), BUDGET_BYTES, GATEWAY).open(now_ms).store
    bodies = bodies or [messages.write(report(1, 1000))]
    step_ms = 1000 * _AGO_S / max(1, count)
    for start in range(0, count, _AT_ONCE):
        rows = []
        for seq in range(start, min(count, start + _AT_ONCE)):
            at_ms = now_ms - 1000 * _AGO_S + int(seq * step_ms)
            rows.append(Row(node, boot, seq, messages.REPORT, at_ms + 1000, seq, 1000, at_ms, 50, bodies[seq % len(bodies)]))
        store.buffer.commit(rows, [], now_ms)
    store.close()
