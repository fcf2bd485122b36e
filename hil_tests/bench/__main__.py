"""`make bench`: measures, prints a JSON line a figure, writes build/bench.jsonl and the table of docs/performance.md."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from hil_tests.bench import (
    end_to_end,
    fleet,
    gateway,
    gateway_alarms,
    gateway_commit,
    gateway_disk,
    gateway_growth,
    gateway_rate,
    gateway_uplink,
    nodes,
)
from hil_tests.bench.figures import Figure, merge, read, write

ROOT = Path(__file__).parent.parent.parent
LINES = ROOT / "build" / "bench.jsonl"
DOCUMENT = ROOT / "docs" / "performance.md"

GROUPS: dict[str, Callable[[], Iterator[Figure]]] = {
    "gateway": gateway.figures,
    "gateway_alarms": gateway_alarms.figures,
    "gateway_commit": gateway_commit.figures,
    "gateway_disk": gateway_disk.figures,
    "gateway_growth": gateway_growth.figures,
    "gateway_rate": gateway_rate.figures,
    "gateway_uplink": gateway_uplink.figures,
    "fleet": fleet.figures,
    "node": nodes.figures,
    "e2e": end_to_end.figures,
}


def main(only: str | None) -> int:
    names = [name for name in GROUPS if only is None or name == only or name.startswith(f"{only}_")]
    if not names:
        print(f"ONLY={only}: there are {', '.join(GROUPS)}", file=sys.stderr)  # noqa: T201
        return 2
    measured: list[Figure] = []
    for name in names:
        print(f"measuring {name} …", file=sys.stderr)  # noqa: T201
        for figure in GROUPS[name]():
            measured.append(figure)
            print(figure.line(), flush=True)  # noqa: T201
    write(merge(read(LINES), measured), LINES, DOCUMENT)
    return 1 if any(figure.ok is False for figure in measured) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else None))
