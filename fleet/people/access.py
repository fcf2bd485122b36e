"""How long it may be relied on that a token is valid. Pure.

Access is judged when it is used, not only when a request begins: what was found in the store holds for HOLDS_MS. An answer that begins
later is judged again before its first byte, and what stays open (a long poll, a body that still arrives, a file on its way) each
LOOK_S. So a token that was ended, by whichever process, ends what is open within a second.
"""

from dataclasses import dataclass

HOLDS_MS = 400
LOOK_S = 0.25

GATEWAY = "gateway"
ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Access:
    """kind: GATEWAY or ADMIN. name: of the gateway or of the admin token. digest: SHA-256 of the token. judged_ms: when the store was
    asked, by the monotonic clock."""

    kind: str
    name: str
    digest: str
    judged_ms: int

    def holds(self, now_ms: int) -> bool:
        return now_ms - self.judged_ms < HOLDS_MS
