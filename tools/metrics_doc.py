"""docs/metrics.md, made from the tables by which gateway and fleet service count and show.

python -m tools.metrics_doc            writes it
python -m tools.metrics_doc --check    exits 1 when it is stale
"""

import sys
from pathlib import Path

from fleet import metrics as fleet
from gateway.counters import LEDGER, MEANINGS
from gateway.web.metrics import GAUGES, PREFIX, counter_name
from tools.markdown import wrapped

DOCUMENT = Path(__file__).parent.parent / "docs" / "metrics.md"
HEAD = """# Metrics

Made from the tables of the programs (`python -m tools.metrics_doc`).

## Gateway

At `/metrics` of the local page, for Prometheus. The counters go on
over restarts: those marked "ledger" are written in the transaction that makes them true, the others about once a second.
"""
FLEET = f"""
## Fleet service

At `/api/v1/metrics`, with a token of a viewer of the whole district (`airgrid-fleet token create prometheus --role viewer`):

```yaml
scrape_configs:
  - job_name: airgrid-fleet
    metrics_path: /api/v1/metrics
    authorization: {{credentials_file: /etc/prometheus/airgrid.token}}
    static_configs: [{{targets: ["127.0.0.1:8080"]}}]
```

The counters begin anew with each start, and are of one process: several services of one record are several targets.
`{fleet.PREFIX}{fleet.REQUEST_SECONDS}` is a histogram of how long requests took, by method, route and status; what a long poll
waits is part of it.

### States of the fleet service

| metric | label | meaning |
| --- | --- | --- |
"""


def render() -> str:
    gauges = [f"| `{PREFIX}{name}` | {label} | {meaning} |\n" for name, (label, meaning) in GAUGES.items()]
    counters = [f"| `{counter_name(n)}` | {'ledger' if n in LEDGER else ''} | {meaning} |\n" for n, meaning in MEANINGS.items()]
    return "".join(
        [HEAD, "\n### States\n\n| metric | label | meaning |\n| --- | --- | --- |\n", *gauges]
        + ["\n### Counters\n\n| metric | | meaning |\n| --- | --- | --- |\n", *counters, FLEET]
        + [f"| `{fleet.PREFIX}{name}` | {label} | {meaning} |\n" for name, (label, meaning) in fleet.GAUGES.items()]
        + ["\n### Counters of the fleet service\n\n| metric | label | meaning |\n| --- | --- | --- |\n"]
        + [f"| `{fleet.PREFIX}{name}_total` | {label} | {meaning} |\n" for name, (label, meaning) in fleet.COUNTERS.items()]
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
