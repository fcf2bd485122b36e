"""Figures of the node: the whole application on the virtual board, an hour of simulated time, its heap watched or limited."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hil_tests.bench.figures import Figure
from hil_tests.district import District
from hil_tests.micropython import micropython_command
from hil_tests.plan import one_node
from hil_tests.processes import wait_until

NODE = "east-1"
ROOT = Path(__file__).parent.parent.parent
SCRIPT = Path(__file__).parent / "device" / "report_allocation.py"
RATE = 60
HOUR_S = 3600
PERIOD_MS = 10_000
PROBE_MS = 50
# A heap with room for anything, and where the search for the smallest ends.
AMPLE_KIB = 1024
STEP_KIB = 8
LEAST_KIB = 64
MOST_KIB = 512


def figures() -> Iterator[Figure]:
    peak = hour(AMPLE_KIB, PROBE_MS)
    assert peak is not None, "the application does not run for an hour with an ample heap"
    yield Figure("node.heap_kib", round(peak / 1024, 1), "KiB")
    yield Figure("node.min_heap_kib", min_heap_kib(), "KiB")
    yield Figure("node.report_alloc_bytes", report_allocation(), "B")


def hour(heap_kib: int, probe_ms: int = 0) -> int | None:
    """The highest heap use in bytes (0 without a probe); None when the node did not last, or lost a period."""
    with tempfile.TemporaryDirectory() as folder:
        plan = one_node(period_ms=PERIOD_MS)
        with District(plan, Path(folder), rate=RATE, heap=f"{heap_kib}k", heap_probe_ms=probe_ms) as district:
            district.start()
            board = district.nodes[NODE].board
            wanted = HOUR_S * 1000 // PERIOD_MS

            def over() -> bool:
                return len(board.boots) > 1 or district.highest(NODE) >= wanted

            try:
                wait_until(over, within_s=2 * HOUR_S / RATE, what="an hour of reports", every_s=1)
            except TimeoutError:
                return None
            lasted = len(board.boots) == 1 and "MemoryError" not in board.console()
            return board.heap_peak_bytes if lasted and not dropped(district) else None


def dropped(district: District) -> bool:
    return any(boot["dropped"] for boot in district.ledger(NODE))


def min_heap_kib() -> int:
    """By halving: whoever runs with a heap runs with a larger one."""
    fails, runs = LEAST_KIB // STEP_KIB - 1, MOST_KIB // STEP_KIB
    while runs - fails > 1:
        middle = (fails + runs) // 2
        if hour(middle * STEP_KIB) is None:
            fails = middle
        else:
            runs = middle
    return runs * STEP_KIB


def report_allocation() -> int:
    """Bytes of a report in the steady state (report_allocation.py)."""
    paths = {**os.environ, "MICROPYPATH": f".frozen:{ROOT}:{ROOT / 'firmware'}"}
    command = [*micropython_command(), "-X", f"heapsize={AMPLE_KIB}k", str(SCRIPT)]
    return int(subprocess.run(command, env=paths, check=True, capture_output=True, text=True).stdout)
