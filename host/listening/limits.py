"""The limits of one listening port, and why a connection is refused or closed. Pure."""

from dataclasses import dataclass

BY_ADDRESS = "by_address"
ADDRESS_MADE_ROOM = "address_made_room"
FULL = "full"
ACCEPT_FAILED = "accept_failed"
MADE_ROOM = "made_room"
SILENT = "silent"
HALF_REQUEST = "half_request"
IDLE = "idle"
NOT_TAKEN = "not_taken"

# reason: meaning
MEANINGS = {
    BY_ADDRESS: "connections refused because their address had as many as it may have, each with a request under way",
    ADDRESS_MADE_ROOM: "connections closed for a new one of the same address, which had as many as it may have",
    FULL: "connections refused because the limit was reached and every other one had a request under way",
    ACCEPT_FAILED: "times that none was accepted for a second, as a rule for want of descriptors or memory; they waited",
    MADE_ROOM: "connections closed for a new one: without a request under way, or of a stranger who did not take the answer",
    SILENT: "connections closed because they sent nothing",
    HALF_REQUEST: "connections closed because their request was not complete in time",
    IDLE: "connections closed because no further request came",
    NOT_TAKEN: "connections closed because they did not take their answer",
}


@dataclass(frozen=True)
class Limits:
    """`by_address`: of one address (addresses.py), those of authenticated clients not counted; behind a proxy, which has one address, as
    many as `total`. `by_client`: of one authenticated client; further ones count as those of its address.

    `first_s`: silence before the first request. `head_s`: from the first byte of a request to the end of its headers. `body_s`: from there
    to the end of its body. `idle_s`: silence between requests. `not_taken_s`: how long an answer that fills the buffer may stay in it.
    """

    total: int
    by_address: int
    by_client: int = 16
    first_s: float = 10.0
    head_s: float = 10.0
    body_s: float = 60.0
    idle_s: float = 30.0
    not_taken_s: float = 30.0
