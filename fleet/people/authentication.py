"""Who is asking. Relies on what the store said of a token for no longer than access.py allows; limits how often one address may be
wrong.

A valid token is never held back by the failures of others: only what fails is counted and slowed.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable

from fleet.clock import Clock
from fleet.errors import RateLimitedError, UnauthorisedError
from fleet.http.rate_limit import RateLimit
from fleet.people.access import ADMIN, GATEWAY, Access, Found
from fleet.people.credentials import hash_of

MAX_REMEMBERED = 4096

LookUp = Callable[[str], Awaitable[Found | None]]


class Authenticator:
    """look_up_*: what the store knows of a token, or None."""

    def __init__(self, clock: Clock, failures: RateLimit, look_up_gateway: LookUp, look_up_admin: LookUp) -> None:
        self._clock = clock
        self._failures = failures
        self._look_up = {GATEWAY: look_up_gateway, ADMIN: look_up_admin}
        self._remembered: OrderedDict[tuple[str, str], Access] = OrderedDict()

    async def gateway(self, token: str | None, address: str) -> Access:
        """Raises UnauthorisedError, or RateLimitedError after too many failures."""
        return await self._access(GATEWAY, token, address)

    async def admin(self, token: str | None, address: str) -> Access:
        """Raises UnauthorisedError, or RateLimitedError after too many failures."""
        return await self._access(ADMIN, token, address)

    def record_failure(self, address: str) -> None:
        """Raises RateLimitedError when there were too many."""
        wait_s = self._failures.take(address, self._clock.monotonic_ms())
        if wait_s:
            raise RateLimitedError(wait_s)

    def forget(self) -> None:
        """A token was ended."""
        self._remembered.clear()

    async def _access(self, kind: str, token: str | None, address: str) -> Access:
        now_ms = self._clock.monotonic_ms()
        key = kind, hash_of(token or "")
        known = self._remembered.get(key)
        if known and known.holds(now_ms):
            return known
        found = await self._look_up[kind](token) if token else None
        if found is None:
            self._remembered.pop(key, None)
            self.record_failure(address)
            raise UnauthorisedError
        return self._remember(key, Access(kind, found.name, key[1], now_ms, found.grants))

    def _remember(self, key: tuple[str, str], access: Access) -> Access:
        self._remembered[key] = access
        self._remembered.move_to_end(key)
        if len(self._remembered) > MAX_REMEMBERED:
            self._remembered.popitem(last=False)
        return access
