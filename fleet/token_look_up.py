"""What the store says of tokens: whose one is, and which of many are valid. Asked in the threads of gateways, which no reader can fill."""

import asyncio
from collections.abc import Callable, Collection, Mapping

from sqlalchemy import Connection

from fleet.devices import gateway_tokens
from fleet.people import admin_tokens
from fleet.people.access import ADMIN, GATEWAY, Found, Grants
from fleet.store.reading import Reader
from fleet.store.writer import Writer

_VALID: dict[str, Callable[[Connection, Collection[str], int], Mapping[str, Grants]]] = {
    GATEWAY: lambda connection, digests, _now_ms: dict.fromkeys(gateway_tokens.valid_among(connection, digests), ()),
    ADMIN: admin_tokens.valid_among,
}


class TokenLookUp:
    def __init__(self, reader: Reader, writer: Writer, utc_ms: Callable[[], int]) -> None:
        self._reader = reader
        self._writer = writer
        self._utc_ms = utc_ms

    async def gateway(self, token: str) -> Found | None:
        """A next token that is used for the first time takes the place of the one before."""
        found = await self._reader.read(lambda connection: gateway_tokens.gateway_of(connection, token))
        if found is None:
            return None
        gateway, is_next = found
        if is_next:
            begin = self._writer.submit(lambda connection: gateway_tokens.begin_token(connection, self._utc_ms(), token))
            await asyncio.wrap_future(begin)
        return Found(gateway)

    async def admin(self, token: str) -> Found | None:
        """Its use is recorded now and then; nobody waits for that, and no change of anybody has to make room for it."""
        now_ms = self._utc_ms()
        found = await self._reader.read(lambda connection: admin_tokens.admin_of(connection, token, now_ms))
        if found is None:
            return None
        if found.due:
            # Where it is not taken: at the next call then.
            self._writer.submit_if_calm(lambda connection: admin_tokens.record_use(connection, found.name, now_ms))
        return Found(found.name, found.grants)

    async def valid(self, kind: str, digests: Collection[str]) -> Mapping[str, Grants]:
        """Of these hashes of tokens, those of valid ones, with the rights that they give."""
        now_ms = self._utc_ms()
        return await self._reader.read(lambda connection: _VALID[kind](connection, digests, now_ms))
