"""What `airgrid-gateway doctor` finds of the limits of connections to the broker that the kernel keeps (installation/files/broker.nft)."""

import os
import subprocess
from pathlib import Path

from gateway.installation.install_plan import BROKER_LIMITS, NFT
from host.findings import Finding

TABLE = "airgrid_broker"
_SUBJECT = "broker limits by address"
_LIMIT_S = 10


def kernel_limits_finding(nft: Path = Path(NFT), *, may_look: bool | None = None) -> Finding:
    """`may_look`: whether this user may list tables; root may. Others only see whether systemd has loaded the limits."""
    if not nft.exists():
        advice = f"apt-get install nftables, then: systemctl restart {BROKER_LIMITS}"
        return Finding(_SUBJECT, f"none: there is no {nft}, so that one machine can keep new nodes out", advice, is_note=True)
    try:
        if os.geteuid() == 0 if may_look is None else may_look:
            return _finding(_ended_well(str(nft), "list", "table", "inet", TABLE))
        return _finding(_ended_well("systemctl", "--quiet", "is-active", BROKER_LIMITS))
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding(_SUBJECT, f"not seen: {error}")


def _finding(in_force: bool) -> Finding:
    if in_force:
        return Finding(_SUBJECT, "in force")
    advice = f"systemctl restart {BROKER_LIMITS}; what loads other rules by hand may have deleted all tables (flush ruleset)"
    return Finding(_SUBJECT, "not in force, so that one machine can keep new nodes out", advice)


def _ended_well(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False, timeout=_LIMIT_S).returncode == 0
