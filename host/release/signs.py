"""Asks services for the signs that a trial is judged by (trial.py): through their own commands and addresses, as anybody may."""

import json
import ssl
import subprocess
import urllib.request
from typing import Any

from host.release.places import PARTS, Places
from host.release.trial import Signs

_LIMIT_S = 30
_FLEET_LIMIT_S = 10
_PREFIX = "AIRGRID_FLEET_"
# What the fleet has done with items that it was sent: each of them is a receipt.
_RECEIPTS = ("items.forwarded", "items.duplicate_at_fleet", "items.refused_by_fleet")


def read_signs(part: str, places: Places) -> Signs:
    shown = {"gateway": _gateway, "fleet": _fleet}[part](places)
    return shown if shown.started is None else Signs(shown.started, restarts(part), shown.reports, shown.receipts)


def is_running(part: str) -> bool:
    return subprocess.run(["systemctl", "is-active", "--quiet", PARTS[part]], check=False).returncode == 0


def restarts(part: str) -> int:
    asked = subprocess.run(["systemctl", "show", "-p", "NRestarts", "--value", PARTS[part]], capture_output=True, text=True, check=False)
    return int(asked.stdout) if asked.stdout.strip().isdigit() else 0


def gateway_signs(status: dict[str, Any]) -> Signs:
    """Of `airgrid-gateway status --json`."""
    reports = {f"node {name}": node.get("report_ms") for name, node in status.get("nodes", {}).items()}
    reports |= {f"source {name}": source.get("heard_ms") for name, source in status.get("sources", {}).items()}
    counters = status.get("counters", {})
    heard = {name: at for name, at in reports.items() if at is not None}
    return Signs(status.get("started_ms"), 0, heard, sum(counters.get(name, 0) for name in _RECEIPTS))


def fleet_signs(health: dict[str, Any]) -> Signs:
    """Of /healthz. Deliveries are counted from the start of the process."""
    return Signs(health.get("started_ms"), 0, {}, health.get("ingests", 0))


def _gateway(places: Places) -> Signs:
    command = ["runuser", "-u", "airgrid", "--", str(places.current / "bin" / "airgrid-gateway"), "status", "--json"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=True)
        return gateway_signs(json.loads(asked.stdout))
    except (OSError, subprocess.SubprocessError, ValueError):
        return Signs()  # a version that cannot say how it is has no signs


def _fleet(places: Places) -> Signs:
    try:
        options = fleet_options(places)
        # This very machine is asked: whose name the certificate bears does not matter here.
        context = ssl._create_unverified_context()
        with urllib.request.urlopen(health_url(options), timeout=_FLEET_LIMIT_S, context=context) as answer:
            return fleet_signs(json.load(answer))
    except (OSError, ValueError):
        return Signs()


def health_url(options: dict[str, str]) -> str:
    """Of the service that is configured so."""
    scheme = "https" if options.get("TLS_CERTIFICATE") else "http"
    host = options.get("HOST", "127.0.0.1")
    here = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    return f"{scheme}://{here}:{options.get('PORT', '8080')}/healthz"


def fleet_options(places: Places) -> dict[str, str]:
    """Of its configuration file, by names without AIRGRID_FLEET_. Raises OSError."""
    text = (places.root / "etc" / "airgrid" / "fleet.env").read_text(encoding="utf-8")
    lines = (line.partition("=") for line in text.splitlines() if line.startswith(_PREFIX))
    return {name.removeprefix(_PREFIX): value.strip().strip("\"'") for name, _, value in lines}
