"""The local PIN of a site: right, wrong, or asked too often. Pure; the time is handed in, in s.

An address that guesses wrong waits, longer each time, and no other does: it is locked out, not the site. Since a machine may have many
addresses, those that never gave the right PIN share a budget besides: 30 wrong ones at once and 6 an hour. So a PIN of six digits is found
within a year of unbroken guessing by 5 in 100, from however many addresses, and every wrong one is counted. The budget does not bind an
address that has given the right PIN before, nor this machine itself: while others guess, a technician uses the phone that was used here
before, or a terminal on the gateway.
"""

import hmac
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from host.token_bucket import TokenBucket

RIGHT, WRONG, LOCKED, NO_PIN = "right", "wrong", "locked", "no_pin"

# Wrong ones of an address without a wait, then a first wait that doubles up to the longest.
FREE = 3
FIRST_WAIT_S, LONGEST_WAIT_S = 30.0, 4 * 3600.0
# Wrong ones of all addresses that never gave the right PIN.
SHARED_AT_ONCE, SHARED_EVERY_S = 30, 600.0
# Addresses remembered; full: the one longest not heard goes, one that gave the right PIN last of all.
MOST_ADDRESSES = 256
MOST_KNOWN = 64


class Verdict(NamedTuple):
    result: str
    wait_s: int = 0


@dataclass
class AddressRecord:
    """`wait_s`: until it may try again, at the moment of saving."""

    address: str
    wrong: int = 0
    wait_s: float = 0.0
    known: bool = False


@dataclass
class PinRecord:
    """What outlives a restart."""

    addresses: list[AddressRecord] = field(default_factory=list)
    shared_left: float = SHARED_AT_ONCE


class _Address:
    __slots__ = ("known", "until_s", "wrong")

    def __init__(self, wrong: int = 0, until_s: float = -math.inf, known: bool = False) -> None:
        self.wrong, self.until_s, self.known = wrong, until_s, known


class PinCheck:
    def __init__(self, pin: str, record: PinRecord, now_s: float) -> None:
        """An empty `pin` is never right. Waits begin anew at `now_s` with what was left of them."""
        self._pin = pin
        self._addresses = {saved.address: _Address(saved.wrong, now_s + saved.wait_s, saved.known) for saved in record.addresses}
        self._shared = TokenBucket(1 / SHARED_EVERY_S, SHARED_AT_ONCE, now_s, record.shared_left)

    def judge(self, given: str, address: str, now_s: float) -> Verdict:
        """`address`: as host.listening.addresses.counted_address gives it. After RIGHT and WRONG the record has changed."""
        if not self._pin:
            return Verdict(NO_PIN)
        entry = self._addresses.pop(address, None) or _Address()
        self._addresses[address] = entry
        self._forget()
        if now_s < entry.until_s:
            return Verdict(LOCKED, math.ceil(entry.until_s - now_s))
        shares = not entry.known and not _is_loopback(address)
        if shares and not self._shared.take(now_s):
            return Verdict(LOCKED, math.ceil(self._shared.wait_s(now_s)))
        if hmac.compare_digest(given.encode(errors="replace"), self._pin.encode()):
            if shares:
                self._shared.give_back()
            entry.wrong, entry.known = 0, True
            return Verdict(RIGHT)
        entry.wrong += 1
        return Verdict(WRONG, self._wait(entry, now_s))

    def record(self, now_s: float) -> PinRecord:
        saved = [
            AddressRecord(address, entry.wrong, max(0.0, entry.until_s - now_s), entry.known)
            for address, entry in self._addresses.items()
            if entry.wrong or entry.known
        ]
        return PinRecord(saved, self._shared.left(now_s))

    def _wait(self, entry: _Address, now_s: float) -> int:
        if entry.wrong < FREE:
            return 0
        wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(entry.wrong - FREE, 20))
        entry.until_s = now_s + wait_s
        return math.ceil(wait_s)

    def _forget(self) -> None:
        known = [address for address, entry in self._addresses.items() if entry.known]
        self._drop(known[: len(known) - MOST_KNOWN] if len(known) > MOST_KNOWN else ())
        if len(self._addresses) > MOST_ADDRESSES:
            self._drop([next(address for address, entry in self._addresses.items() if not entry.known)])

    def _drop(self, addresses: Iterable[str]) -> None:
        for address in addresses:
            del self._addresses[address]


def _is_loopback(address: str) -> bool:
    return address.startswith("127.") or address == "::1"
