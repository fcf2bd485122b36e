"""Figures of the node: the whole application on the virtual board, an hour on the bench's clock, its heap watched or limited."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from hil_tests.bench.figures import Measured
from hil_tests.bench.live_node import delays
from hil_tests.board.errors import BoardError
from hil_tests.micropython import micropython_command
from hil_tests.simulated_time import BUSY, HOUR_S, SimulatedRun
from technician.build import flash_files

ROOT = Path(__file__).parent.parent.parent
DEVICE = Path(__file__).parent / "device"
UART_PATH = ROOT / "firmware" / "tests" / "uart_path_on_micropython.py"
SEED = 1
PROBE_MS = 1000
# The gateway is away for a quarter of the hour.
AWAY_S = (1200, 2100)
# A heap with room for anything, and where the search for the smallest ends.
AMPLE_KIB = 1024
STEP_KIB = 8
LEAST_KIB = 64
MOST_KIB = 512
# What an ESP32 without external memory leaves to MicroPython, at the least.
NODE_HEAP_KIB = 128
# One PMS5003, one SPS30 and two transmitters, each once a second.
FOUR_PARTS = [sensor for sensor in BUSY if sensor["part"] != "sds011"]


class Hour(NamedTuple):
    heap_peak_bytes: int
    shim_bytes: int
    cpu_s: float


def figures() -> Iterator[Measured]:
    yield from heap_figures()
    frame_bytes: dict[str, float] = on_micropython(UART_PATH)
    yield Measured("node.frame_alloc_bytes", max(frame_bytes.values()))
    yield Measured("node.report_alloc_bytes", int(on_micropython(DEVICE / "report_allocation.py")))
    plain = hour(AMPLE_KIB, sensors=FOUR_PARTS)
    assert plain is not None, "the application does not run for an hour with an ample heap"
    yield Measured("node.cpu_share", plain.cpu_s / HOUR_S)
    late = delays()
    yield Measured("node.loop_delay_ms_p99", late.p99_ms)
    yield Measured("node.feed_gap_ms_max", late.feed_gap_ms)
    flash_bytes = sum(len(content) for path, content in flash_files("virtual").items() if path.endswith(".mpy"))
    yield Measured("node.flash_kib", flash_bytes / 1024)


def heap_figures() -> Iterator[Measured]:
    probed = hour(AMPLE_KIB, PROBE_MS)
    assert probed is not None, "the application does not run for an hour with an ample heap"
    shim_kib = probed.shim_bytes / 1024
    yield Measured("node.heap_kib", probed.heap_peak_bytes / 1024)
    yield Measured("node.shim_heap_kib", shim_kib)
    least = min_heap_kib()
    yield Measured("node.min_heap_kib", least)
    yield Measured("node.min_heap_files_kib", min_heap_kib(in_place=False))
    # Objects are of words: those of a 32-bit board are half the size; the bench's shims are not on it.
    yield Measured("node.min_heap_32bit_estimate_kib", (least - shim_kib) / 2)


def decoding() -> Iterator[Measured]:
    """A frame's way from bytes to words, beside a struct.unpack, on a heap of a node's size."""
    took = on_micropython(DEVICE / "frame_decoding.py", NODE_HEAP_KIB)
    yield Measured("node.decode_ratio", took["decode_ns"] / 1000, took["unpack_ns"] / 1000)
    yield Measured("node.decode_ratio_plain", took["decode_ns"] / 1000, took["unpack_uncollected_ns"] / 1000)


def hour(heap_kib: int, probe_ms: int = 0, sensors: list[dict[str, Any]] = BUSY, in_place: bool = True) -> Hour | None:
    """None when the node did not last, or lost a period."""
    with tempfile.TemporaryDirectory() as folder:
        run = SimulatedRun(Path(folder), SEED, 1, heap=f"{heap_kib}k", probe_ms=probe_ms, sensors=sensors, in_place=in_place)
        try:
            run.start()
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


def min_heap_kib(in_place: bool = True) -> int:
    """By halving: what runs with a heap runs with a larger one."""
    fails, runs = LEAST_KIB // STEP_KIB - 1, MOST_KIB // STEP_KIB
    while runs - fails > 1:
        middle = (fails + runs) // 2
        if hour(middle * STEP_KIB, in_place=in_place) is None:
            fails = middle
        else:
            runs = middle
    return runs * STEP_KIB


def on_micropython(script: Path, heap_kib: int = AMPLE_KIB) -> Any:
    """The JSON that a script prints."""
    paths = {**os.environ, "MICROPYPATH": f".frozen:{ROOT}:{ROOT / 'firmware'}"}
    command = [*micropython_command(), "-X", f"heapsize={heap_kib}k", str(script)]
    return json.loads(subprocess.run(command, env=paths, check=True, capture_output=True, text=True).stdout)
