"""Renews the token by which the fleet knows this gateway, from time to time. A crash at any point leaves an identity that works.

ask      the fleet makes a new token and takes both; asked again, it forgets the one that it made before
keep     identity.json is replaced: the new token, and beside it the one before
prove    one question with the new token: from here on the fleet takes only this one
forget   identity.json is replaced: the new token alone

A start with a token beside it proves again. A new token that the fleet does not know gives way to the one before.
"""

import asyncio
import logging
from pathlib import Path
from random import Random

import msgspec

from gateway import identity_file
from gateway.configuration import FleetSection
from gateway.counters import Counters
from gateway.error_log import ErrorLog
from gateway.errors import FleetError
from gateway.identity import Identity
from gateway.time.site_time import SiteTime
from gateway.uplink.fleet_api import FleetApi

_LOG = logging.getLogger(__name__)
_LOOK_S = 3600.0
_AGAIN_S = 60.0  # while it is not clear which token holds
_UNKNOWN_TOKEN = 401
_NOTHING_NEWER = 1 << 31


class TokenRotation:
    def __init__(
        self,
        api: FleetApi,
        state: Path,
        identity: Identity,
        section: FleetSection,
        site: SiteTime,
        random: Random,
        counters: Counters,
        errors: ErrorLog,
    ) -> None:
        self._api = api
        self._state = state
        self._identity = identity
        self._period_ms = 1000 * section.token_age_s
        self._site = site
        self._random = random
        self._counters = counters
        self._errors = errors

    async def run(self) -> None:
        while True:
            # At a moment of its own: gateways that were set up together do not ask together.
            await asyncio.sleep(self._random.uniform(0.5, 1) * (_AGAIN_S if self._identity.former_token else _LOOK_S))
            await self.look()

    async def look(self) -> None:
        """Does what is due. A failure is noted; the next look goes on from there."""
        try:
            if self._identity.former_token:
                await self._prove()
            elif self._is_due():
                await self._ask()
                await self._prove()
        except (FleetError, OSError) as error:
            self._counters.add("token.failures")
            self._errors.add("token", str(error))

    def _is_due(self) -> bool:
        # A date in the future was written by a clock that was wrong.
        return self._site.is_known and abs(self._site.utc_ms() - self._identity.token_ms) >= self._period_ms

    async def _ask(self) -> None:
        token = await self._api.new_token()
        await self._keep(msgspec.structs.replace(self._identity, token=token, former_token=self._identity.token))

    async def _prove(self) -> None:
        try:
            await self._api.desired(_NOTHING_NEWER, 0)
        except FleetError as error:
            if error.status == _UNKNOWN_TOKEN:
                await self._keep(msgspec.structs.replace(self._identity, token=self._identity.former_token, former_token=""))
            raise
        await self._keep(msgspec.structs.replace(self._identity, former_token="", token_ms=self._site.utc_ms()))
        self._counters.add("token.renewed")
        _LOG.info("token renewed")

    async def _keep(self, identity: Identity) -> None:
        await asyncio.to_thread(identity_file.save, self._state, identity)
        self._identity = identity
        self._api.use(identity.token)
