"""docs/metrics.md, made from the tables by which the gateway counts and shows.

python -m tools.metrics_doc            writes it
python -m tools.metrics_doc --check    exits 1 when it is stale
"""

import sys
from pathlib import Path

from gateway.counters import LEDGER, MEANINGS
from gateway.web.metrics import GAUGES, PREFIX, counter_name
from tools.markdown import wrapped

DOCUMENT = Path(__file__).parent.parent / "docs" / "metrics.md"
HEAD = """# Metrics of a gateway

At `/metrics` of the local page, for Prometheus. Made from the tables of the gateway (`python -m tools.metrics_doc`). The counters go on
over restarts: those marked "ledger" are written in the transaction that makes them true, the others about once a second.
"""


def render() -> str:
    gauges = [f"| `{PREFIX}{name}` | {label} | {meaning} |\n" for name, (label, meaning) in GAUGES.items()]
    counters = [f"| `{counter_name(n)}` | {'ledger' if n in LEDGER else ''} | {meaning} |\n" for n, meaning in MEANINGS.items()]
    return "".join(
        [HEAD, "\n## States\n\n| metric | label | meaning |\n| --- | --- | --- |\n", *gauges]
        + ["\n## Counters\n\n| metric | | meaning |\n| --- | --- | --- |\n", *counters]
    )


def main(arguments: list[str]) -> int:
    wanted = wrapped(render())
    if "--check" not in arguments:
        DOCUMENT.write_text(wanted, encoding="utf-8")
    elif not DOCUMENT.exists() or DOCUMENT.read_text(encoding="utf-8") != wanted:
        print("docs/metrics.md is stale; run: python -m tools.metrics_doc", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
