"""`make soak`: days of one node in simulated time (simulated_time.py), judged as the simulated day is; writes what came out into
docs/performance.md.   soak.py [HOURS [SEED]]
"""

import sys
import tempfile
import time
from pathlib import Path

from hil_tests.simulated_time import SimulatedRun

DOCUMENT = Path(__file__).parent.parent / "docs" / "performance.md"
BEGIN = "<!-- soak: written by make soak -->"
END = "<!-- end of soak -->"
WEEK_HOURS = 168


def main(hours: int, seed: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        run = SimulatedRun(Path(folder), seed, hours)
        run.start()
        began = time.monotonic()
        try:
            run.go()
        finally:
            run.stop()
        text, good = judged(run, seed, time.monotonic() - began)
    print(text)  # noqa: T201
    before, rest = DOCUMENT.read_text().split(BEGIN)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}")
    return 0 if good else 1


def judged(run: SimulatedRun, seed: int, wall_s: float) -> tuple[str, bool]:
    missing = run.unaccounted()
    compared, wrong = run.wrong_values()
    unwanted = [reason for _, reason in run.board.boots if reason not in ("power_cut", "stopped")]
    rows = (
        ("simulated hours", run.hours),
        ("wall clock, minutes", round(wall_s / 60, 1)),
        ("seed", seed),
        ("faults injected", len(run.faults)),
        ("items recorded", len(run.gateway.items)),
        ("items that came again", run.gateway.repeated),
        ("periods not accounted for", len(missing)),
        ("values compared with what the sensor showed", compared),
        ("wrong values", len(wrong)),
        ("power cuts injected", run.cuts),
        ("restarts that were not injected", len(unwanted)),
        ("heap in use, first hour and last, bytes", f"{run.heap_bytes[0]}, {run.heap_bytes[1]}"),
    )
    for line in (missing + wrong)[:20]:
        print(line, file=sys.stderr)  # noqa: T201
    table = ["| | |", "| --- | ---: |", *(f"| {name} | {value} |" for name, value in rows)]
    return "\n".join(table), not (missing or wrong or unwanted or run.grown())


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(*(numbers + [WEEK_HOURS, 1][len(numbers) :])))
