"""`make soak`: days in minutes, of one node (simulated_time.py) and of a gateway (gateway_soak.py), and an hour of kills (kills_soak.py).
What came out is written into docs/performance.md, each part between its own marks.   soak.py [node|gateway|kills|all [HOURS [SEED]]]
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from hil_tests import checkout
from hil_tests.gateway_soak import NODES, STEP_S, GatewaySoak, fast_folder
from hil_tests.kills_soak import KillsSoak
from hil_tests.simulated_time import SimulatedRun
from hil_tests.source_tree import CHECKOUT

DOCUMENT = Path(__file__).parent.parent / "docs" / "performance.md"
BEGIN = "<!-- soak of the {part}: written by make soak -->"
END = "<!-- end of the {part}'s soak -->"
SEED = 1
# Kept between runs: what was stopped goes on, and what is complete is only compared again.
KILLS_FOLDER = CHECKOUT / "build" / "kills"
KILLS, REPORTS, LEAST_REPORTS_PER_S = 1000, 1_000_000, 250
Outcome = tuple[Sequence[tuple[str, object]], list[str]]  # what came out, by name; and what is not as promised


def soak_node(hours: int, seed: int) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        run = SimulatedRun(Path(folder), seed, hours)
        run.start()
        began = time.monotonic()
        try:
            run.go()
        finally:
            run.stop()
        return judged(run, seed, time.monotonic() - began)


def judged(run: SimulatedRun, seed: int, wall_s: float) -> Outcome:
    missing = run.unaccounted()
    compared, wrong = run.wrong_values()
    unwanted = [reason for _, reason in run.board.boots if reason not in ("power_cut", "stopped")]
    rows = (
        ("simulated hours", run.hours),
        ("wall clock, minutes", round(wall_s / 60, 1)),
        ("seed", seed),
        ("faults injected", len(run.faults)),
        ("items recorded", len(run.gateway.items)),
        ("items received again", run.gateway.repeated),
        ("periods not accounted for", len(missing)),
        ("values compared with what the sensor showed", compared),
        ("wrong values", len(wrong)),
        ("power cuts injected", run.cuts),
        ("restarts that were not injected", len(unwanted)),
        ("heap in use, first hour and last, bytes", f"{run.heap_bytes[0]}, {run.heap_bytes[1]}"),
    )
    grown = [f"the heap grew from {run.heap_bytes[0]} to {run.heap_bytes[1]} bytes"] if run.grown() else []
    return rows, (missing + wrong)[:20] + [f"restart: {reason}" for reason in unwanted] + grown


def soak_gateway(hours: int, seed: int) -> Outcome:
    with fast_folder() as folder:
        soak = GatewaySoak(Path(folder), seed, hours)
        asyncio.run(soak.go())
    warm, after, record = soak.samples[: soak.warm_up_hours], soak.samples[soak.warm_up_hours :], soak.record
    rows = (
        ("hours", hours),
        ("wall clock, minutes", round(soak.wall_s / 60, 1)),
        ("seed", seed),
        (f"nodes, each with a report every {STEP_S} s", NODES),
        ("items sent by nodes, each one a message", NODES * soak.seq),
        ("absences of the fleet; share of the time", f"{soak.absences}; {100 * soak.away_steps * STEP_S // (3600 * hours)} %"),
        ("in the record", record.recorded),
        ("reported as lost, by reason", ", ".join(f"{why}: {number}" for why, number in sorted(record.whys.items())) or "none"),
        ("reports that summaries in the record stand for", record.summarised),
        ("sent to the fleet again", record.again),
        ("neither in the record nor reported as lost", soak.left),
        (f"most memory (RSS), first {soak.warm_up_hours} hours and later, MB", f"{_most(warm)}, {_most(after)}"),
        ("largest buffer with its log, MB", round(max(sample.buffer_bytes for sample in soak.samples) / 1e6, 1)),
        ("file descriptors, fewest and most", f"{min(s.descriptors for s in after)}, {max(s.descriptors for s in after)}"),
    )
    return rows, soak.faults()


def soak_kills(hours: int, seed: int) -> Outcome:
    soak = KillsSoak(KILLS_FOLDER, seed, lambda text: print(text, flush=True))  # noqa: T201
    soak.go(KILLS, REPORTS, hours * 3600)
    found, sent = soak.comparison(), soak.sent
    rate = sent.acknowledged / sent.running_s
    rows = (
        ("seed; runs", f"{seed}; {sent.runs}"),
        ("hours with load, in all runs", round(sent.running_s / 3600, 2)),
        ("kills, by program", ", ".join(f"{name}: {number}" for name, number in sorted(sent.kills.items()))),
        ("reports acknowledged to nodes; a second", f"{sent.acknowledged}; {rate:.0f}"),
        ("items in the record", found.recorded),
        ("reported as lost, by reason", ", ".join(f"{why}: {number}" for why, number in sorted(found.dropped.items())) or "none"),
        ("acknowledged and lost", found.lost),
        ("in the record twice", found.double),
        ("changed on the way", found.changed),
        ("in the record and never sent", found.invented),
        ("gaps that are not in the ledger", found.unexplained),
        ("traces in the logs of gateway and fleet", soak.traces()),
    )
    incomplete = [f"{sent.killed} of {KILLS} kills, {sent.acknowledged} of {REPORTS} reports: run it again to go on"]
    done = sent.killed >= KILLS and sent.acknowledged >= REPORTS
    slow = [f"{rate:.0f} reports a second, {LEAST_REPORTS_PER_S} are wanted"] if rate < LEAST_REPORTS_PER_S else []
    return rows, found.faults() + slow + ([] if done else incomplete)


def _most(samples: Sequence[tuple[int, int, int]]) -> float:
    return round(max(rss_kb for rss_kb, _, _ in samples) / 1000, 1)


# part -> (how, hours by default)
PARTS: dict[str, tuple[Callable[[int, int], Outcome], int]] = {
    "node": (soak_node, 168),
    "gateway": (soak_gateway, 720),
    "kills": (soak_kills, 2),
}


def main(parts: list[str], hours: int | None, seed: int) -> int:
    wrong = []
    for part in parts:
        soak, usual_hours = PARTS[part]
        rows, faults = soak(hours or usual_hours, seed)
        stamped = [("measured; commit", f"{checkout.today()}; {checkout.commit()}"), *rows]
        text = "\n".join(["| | |", "| --- | ---: |", *(f"| {name} | {value} |" for name, value in stamped)])
        print(text)  # noqa: T201
        write(part, text)
        wrong += faults
    for line in wrong:
        print(line, file=sys.stderr)  # noqa: T201
    return 1 if wrong else 0


def write(part: str, text: str) -> None:
    begin, end = BEGIN.format(part=part), END.format(part=part)
    before, rest = DOCUMENT.read_text().split(begin)
    DOCUMENT.write_text(f"{before}{begin}\n{text}\n{end}{rest.split(end)[1]}")


if __name__ == "__main__":
    part, *numbers = sys.argv[1:] or ["all"]
    hours, seed = ([int(number) for number in numbers] + [0, SEED][len(numbers) :])[:2]
    sys.exit(main(list(PARTS) if part == "all" else [part], hours or None, seed))
