"""`make bench`: measures, prints a JSON line a figure, writes the tables of docs/performance.md.

Ends with 1 when a figure that the committed table calls met is missed now. A figure that was missed before is no news.
"""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from hil_tests import checkout
from hil_tests.bench import (
    end_to_end,
    fleet,
    fleet_crowd,
    gateway,
    gateway_alarms,
    gateway_commit,
    gateway_disk,
    gateway_growth,
    gateway_rate,
    gateway_siege,
    gateway_thin_line,
    gateway_uplink,
    installation,
    nodes,
    rows,
)
from hil_tests.bench.definitions import DEFINITIONS
from hil_tests.bench.figures import Measured
from hil_tests.source_tree import CHECKOUT

DOCUMENT = CHECKOUT / "docs" / "performance.md"

GROUPS: dict[str, Callable[[], Iterator[Measured]]] = {
    "gateway": gateway.figures,
    "gateway_alarms": gateway_alarms.figures,
    "gateway_commit": gateway_commit.figures,
    "gateway_disk": gateway_disk.figures,
    "gateway_growth": gateway_growth.figures,
    "gateway_rate": gateway_rate.figures,
    "gateway_siege": gateway_siege.figures,
    "gateway_thin_line": gateway_thin_line.figures,
    "gateway_uplink": gateway_uplink.figures,
    "fleet": fleet.figures,
    "install": installation.figures,
    "fleet_crowd": fleet_crowd.figures,
    "node": nodes.figures,
    "node_decoding": nodes.decoding,
    "e2e": end_to_end.figures,
}


def main(only: str | None) -> int:
    names = [name for name in GROUPS if only is None or name == only or name.startswith(f"{only}_")]
    if not names:
        print(f"ONLY={only}: there are {', '.join(GROUPS)}", file=sys.stderr)  # noqa: T201
        return 2
    date, commit = checkout.today(), checkout.commit()
    measured = []
    for name in names:
        print(f"measuring {name} …", file=sys.stderr)  # noqa: T201
        for figure in GROUPS[name]():
            measured.append(rows.row(figure, DEFINITIONS[figure.name], date, commit))
            print(json.dumps(measured[-1]._asdict(), ensure_ascii=False), flush=True)  # noqa: T201
    return write(measured, DOCUMENT, checkout.committed(DOCUMENT))


def write(measured: list[rows.Row], document: Path, before: str | None) -> int:
    """Updates the document, and gives the exit code. `before`: the committed document; without one the file itself is compared with."""
    text = document.read_text()
    kept = rows.read(text)
    text = rows.with_rows(text, rows.merge(kept, measured, DEFINITIONS))
    document.write_text(rows.with_meanings(text, DEFINITIONS.values()))
    worse = rows.regressions(kept if before is None else rows.read(before), measured)
    for name in worse:
        print(f"{name}: was met in the committed table and is missed now", file=sys.stderr)  # noqa: T201
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else None))
