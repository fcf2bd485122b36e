"""How long it may be relied on that somebody has access, and with which rights. Pure.

Access is judged when it is used, not only when a request begins: what was found in the store holds for HOLDS_MS. An answer that begins
later is judged again before its first byte, and what stays open (a long poll, a body that still arrives, a file on its way) each
LOOK_S. So a token or session that was ended, or whose rights were changed, by whichever process, ends what is open within a second.
"""

from dataclasses import dataclass

from fleet.people.rights import Grant

HOLDS_MS = 400
LOOK_S = 0.25

# The news that a token was ended.
NEWS = "access"

GATEWAY = "gateway"
ADMIN = "admin"

Grants = tuple[Grant, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What the store knows of a token. name: whose it is. grants: sorted; of a gateway none, as it has no rights but its own."""

    name: str
    grants: Grants = ()


@dataclass(frozen=True, slots=True)
class Access:
    """kind: GATEWAY or ADMIN. name: of the gateway or of the admin token. digest: SHA-256 of the token. judged_ms: when the store was
    asked, by the monotonic clock."""

    kind: str
    name: str
    digest: str
    judged_ms: int
    grants: Grants = ()

    def holds(self, now_ms: int) -> bool:
        return now_ms - self.judged_ms < HOLDS_MS
