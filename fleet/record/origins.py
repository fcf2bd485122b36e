"""On which way a value came into the record. Pure.

A gateway sends what is older than a minute with its history (docs/adr/0013): from then on nothing is live.
"""

from typing import Literal, NamedTuple

from contract import messages

Origin = Literal["live", "spooled", "buffered", "summary", "mixed"]
LIVE, SPOOLED, BUFFERED, SUMMARY = 1, 2, 4, 8
ORIGINS: dict[int, Origin] = {LIVE: "live", SPOOLED: "spooled", BUFFERED: "buffered", SUMMARY: "summary"}
MIXED: Origin = "mixed"
# origin -> meaning
MEANINGS: dict[Origin, str] = {
    "live": "sent on at once",
    "spooled": "the node kept it, more than a minute, until its gateway was there",
    "buffered": "the gateway kept it, more than a minute, until the fleet was there",
    "summary": "a summary, made by a gateway whose buffer was full, of reports that are gone",
    "mixed": "of periods that came on several ways",
}
LATE_MS = 60_000


class Came(NamedTuple):
    """kind: of the item. arrived_ms: at the gateway, by its clock. received_ms: by ours."""

    kind: str
    arrived_ms: int
    received_ms: int


def origin_of(came: Came | None, end_ms: int, error_ms: int) -> int:
    """Of a period that ended then, give or take error_ms. 0 where nothing is known of its item."""
    if came is None:
        return 0
    if came.kind != messages.REPORT:
        return SUMMARY
    if came.arrived_ms - end_ms > LATE_MS + error_ms:
        return SPOOLED
    return BUFFERED if came.received_ms - came.arrived_ms > LATE_MS else LIVE


def origin_key(origins: int) -> Origin | None:
    """None where nothing came at all."""
    return ORIGINS.get(origins, MIXED) if origins else None
