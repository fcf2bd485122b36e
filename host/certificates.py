"""How long a certificate is still valid, and when to say so."""

from datetime import UTC, datetime

from host.findings import Finding

# A renewal needs people: they hear of it three weeks before, and in the last one it is a fault.
WARNING_DAYS, FAULT_DAYS = 21, 7
_DAY_S = 86_400


def expiry_finding(where: str, ends_s: float, now_ms: int) -> Finding:
    """`ends_s`: UTC, in s since 1970."""
    days = int((ends_s - now_ms / 1000) // _DAY_S)
    on = datetime.fromtimestamp(ends_s, UTC).date()
    if days < 0:
        return Finding("certificate", f"{where}: ended on {on}", "renew it at the fleet: until then gateways send nothing, and keep all")
    if days < WARNING_DAYS:
        advice = "renew it at the fleet: afterwards gateways send nothing, and keep all"
        return Finding("certificate", f"{where}: {days} days left, until {on}", advice, is_note=days >= FAULT_DAYS)
    return Finding("certificate", f"{where}: {days} days left, until {on}")
