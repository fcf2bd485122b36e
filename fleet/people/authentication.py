"""Who is asking. Looks a token up in the store at most once a second, and limits how often one address may be wrong.

A valid token is never held back by the failures of others: only what fails is counted and slowed.
"""

from collections import OrderedDict
from collections.abc import Callable

from fastapi.concurrency import run_in_threadpool

from fleet.clock import Clock
from fleet.errors import RateLimitedError, UnauthorisedError
from fleet.http.rate_limit import RateLimit
from fleet.people.credentials import hash_of

# How long a revoked token may still be taken by another process than the one that revoked it.
REMEMBERED_MS = 1000
MAX_REMEMBERED = 4096

LookUp = Callable[[str], str | None]


class Authenticator:
    """look_up_*: the name behind a token in the store, or None."""

    def __init__(self, clock: Clock, failures: RateLimit, look_up_gateway: LookUp, look_up_admin: LookUp) -> None:
        self._clock = clock
        self._failures = failures
        self._look_up = {"gateway": look_up_gateway, "admin": look_up_admin}
        self._remembered: OrderedDict[tuple[str, str], tuple[str, int]] = OrderedDict()

    async def gateway(self, token: str | None, address: str) -> str:
        """Raises UnauthorisedError, or RateLimitedError after too many failures."""
        return await self._name("gateway", token, address)

    async def admin(self, token: str | None, address: str) -> str:
        """Raises UnauthorisedError, or RateLimitedError after too many failures."""
        return await self._name("admin", token, address)

    def record_failure(self, address: str) -> None:
        """Raises RateLimitedError when there were too many."""
        wait_s = self._failures.take(address, self._clock.monotonic_ms())
        if wait_s:
            raise RateLimitedError(wait_s)

    async def _name(self, kind: str, token: str | None, address: str) -> str:
        now_ms = self._clock.monotonic_ms()
        key = kind, hash_of(token or "")
        name, until_ms = self._remembered.get(key, ("", 0))
        if name and now_ms < until_ms:
            return name
        found = await run_in_threadpool(self._look_up[kind], token) if token else None
        if found is None:
            self._remembered.pop(key, None)
            self.record_failure(address)
            raise UnauthorisedError
        self._remember(key, found, now_ms + REMEMBERED_MS)
        return found

    def _remember(self, key: tuple[str, str], name: str, until_ms: int) -> None:
        self._remembered[key] = name, until_ms
        self._remembered.move_to_end(key)
        if len(self._remembered) > MAX_REMEMBERED:
            self._remembered.popitem(last=False)
