"""What `airgrid-gateway doctor` finds of the limits of the gateway that runs: those in force, not those that a unit names."""

from collections.abc import Mapping
from typing import Any

from host.findings import Finding

_LEAST_DESCRIPTORS = 1024
_AGAIN = "run airgrid-gateway install again, then: systemctl restart airgrid-gateway; a drop-in of this machine may say otherwise: "
_SHOW = "systemctl cat airgrid-gateway"


def limit_finding(status: Mapping[str, Any]) -> Finding:
    """`status`: as `airgrid-gateway status --json` shows it."""
    limits = status.get("limits")
    if not status.get("running") or not limits:
        return Finding("limits", "seen while the gateway runs")
    named = {"descriptors": limits["descriptors"], "bytes of memory": limits["memory_bytes"], "tasks": limits["tasks"]}
    text = ", ".join(f"{'any number of' if value is None else value} {name}" for name, value in named.items())
    if not limits["unit"]:
        return Finding("limits", f"{text}; not run by its unit")
    missing = [name for name in ("bytes of memory", "tasks") if named[name] is None]
    few = limits["descriptors"] is not None and limits["descriptors"] < _LEAST_DESCRIPTORS
    return Finding("limits", text, f"{_AGAIN}{_SHOW}") if missing or few else Finding("limits", text)
