"""Figures of the node: the whole application on the virtual board, an hour on the bench's clock, its heap watched or limited."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from hil_tests.bench.figures import Figure
from hil_tests.board.errors import BoardError
from hil_tests.micropython import micropython_command
from hil_tests.simulated_time import HOUR_S, SimulatedRun
from technician.build import flash_files

ROOT = Path(__file__).parent.parent.parent
SCRIPT = Path(__file__).parent / "device" / "report_allocation.py"
SEED = 1
PROBE_MS = 1000
# The gateway is away for a quarter of the hour.
AWAY_S = (1200, 2100)
# A heap with room for anything, and where the search for the smallest ends.
AMPLE_KIB = 1024
STEP_KIB = 8
LEAST_KIB = 64
MOST_KIB = 512
HEAP_TARGET_KIB = 128
FLASH_TARGET_KIB = 120


class Hour(NamedTuple):
    heap_peak_bytes: int
    shim_bytes: int
    cpu_s: float


def figures() -> Iterator[Figure]:
    probed = hour(AMPLE_KIB, PROBE_MS)
    plain = hour(AMPLE_KIB)
    assert probed is not None and plain is not None, "the application does not run for an hour with an ample heap"
    yield Figure("node.heap_kib", round(probed.heap_peak_bytes / 1024, 1), "KiB")
    yield Figure("node.shim_heap_kib", round(probed.shim_bytes / 1024, 1), "KiB")
    least = min_heap_kib()
    yield Figure("node.min_heap_kib", least, "KiB", target=f"at most {HEAP_TARGET_KIB}", ok=least <= HEAP_TARGET_KIB)
    # Objects are of words: those of a 32-bit board are half the size; the bench's shims are not on it.
    yield Figure("node.min_heap_32bit_estimate_kib", round((least - probed.shim_bytes / 1024) / 2, 1), "KiB")
    yield Figure("node.report_alloc_bytes", report_allocation(), "B")
    yield Figure("node.cpu_share", round(plain.cpu_s / HOUR_S, 4), "of one core")
    flash_kib = round(sum(len(content) for path, content in flash_files("virtual").items() if path.endswith(".mpy")) / 1024, 1)
    yield Figure("node.flash_kib", flash_kib, "KiB", target=f"at most {FLASH_TARGET_KIB}", ok=flash_kib <= FLASH_TARGET_KIB)


def hour(heap_kib: int, probe_ms: int = 0) -> Hour | None:
    """None when the node did not last, or lost a period."""
    with tempfile.TemporaryDirectory() as folder:
        run = SimulatedRun(Path(folder), SEED, 1, heap=f"{heap_kib}k", probe_ms=probe_ms)
        run.start()
        try:
            away_s, back_s = AWAY_S
            run.run_to(away_s)
            run.gateway.away = True
            run.run_to(back_s)
            run.gateway.away = False
            run.run_to(HOUR_S)
            lasted = len(run.board.boots) == 1 and "MemoryError" not in run.board.console() and not run.lost()
            return Hour(run.board.heap_peak_bytes, run.board.shim_heap_bytes, _cpu_s(run.board.pid)) if lasted else None
        except BoardError:
            return None
        finally:
            run.stop()


def _cpu_s(pid: int | None) -> float:
    """What the interpreter has used since its start, in user and kernel mode."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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
