"""Renews the token by which the fleet knows this gateway, from time to time. A crash at any point leaves an identity that works.

ask      the fleet makes a new token and takes both; asked again, it forgets the one that it made before
keep     identity.json is replaced: the new token, and beside it the one before
prove    one question with the new token: from here on the fleet takes only this one
forget   identity.json is replaced: the new token alone

A start with a token beside it proves again. A new token that the fleet does not know gives way to the one before.
"""

import asyncio
import logging
from random import Random

import msgspec

from contract.site import device_api
from gateway.configuration import FleetSection
from gateway.errors import FleetError
from gateway.identity import Identity
from gateway.identity_file import IdentityFile
from gateway.telemetry import Telemetry
from gateway.time.site_time import SiteTime
from gateway.uplink.fleet_api import FleetApi

_LOG = logging.getLogger(__name__)
_LOOK_S = 3600.0
_RETRY_S = 60.0  # while it is not clear which token holds


class TokenRotation:
    def __init__(
        self,
        api: FleetApi,
        identity: IdentityFile,
        section: FleetSection,
        site: SiteTime,
        random: Random,
        telemetry: Telemetry,
    ) -> None:
        self._api = api
        self._identity = identity
        self._period_ms = 1000 * section.token_age_s
        self._site = site
        self._random = random
        self._counters = telemetry.counters
        self._errors = telemetry.errors

    async def run(self) -> None:
        while True:
            # At a moment of its own: gateways that were set up together do not ask together.
            await asyncio.sleep(self._random.uniform(0.5, 1) * (_RETRY_S if self._identity.current.former_token else _LOOK_S))
            await self.look()

    async def look(self) -> None:
        """Does what is due. A failure is reported; the next look goes on from there."""
        try:
            if self._identity.current.former_token:
                await self._prove()
            elif self._is_due():
                await self._ask()
                await self._prove()
        except (FleetError, OSError) as error:
            self._counters.add("token.failures")
            self._errors.add("token", str(error))

    def _is_due(self) -> bool:
        # A date in the future was written by a clock that was wrong.
        return self._site.is_known and abs(self._site.utc_ms() - self._identity.current.token_ms) >= self._period_ms

    async def _ask(self) -> None:
        token = await self._api.new_token()
        current = self._identity.current
        await self._keep(msgspec.structs.replace(current, token=token, former_token=current.token))

    async def _prove(self) -> None:
        current = self._identity.current
        try:
            await self._api.desired(device_api.MAX_VERSION, 0)  # nothing is newer
        except FleetError as error:
            if error.status == device_api.UNKNOWN_TOKEN_STATUS:
                await self._keep(msgspec.structs.replace(current, token=current.former_token, former_token=""))
            raise
        await self._keep(msgspec.structs.replace(current, former_token="", token_ms=self._site.utc_ms()))
        self._counters.add("token.renewed")
        _LOG.info("token renewed")

    async def _keep(self, identity: Identity) -> None:
        await asyncio.to_thread(self._identity.replace, identity)
        self._api.use(identity.token)
