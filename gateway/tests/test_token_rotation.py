"""The token renewed: what is on the disk and what the fleet takes, after a crash at every step."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from random import Random

import aiohttp
import pytest

from gateway import identity_file
from gateway.backoff import Backoff
from gateway.configuration import FleetSection
from gateway.identity import Identity, read_answer
from gateway.identity_file import IdentityFile
from gateway.tests.parts import CLOCK, make_site, make_telemetry
from gateway.uplink.fleet_api import FleetApi
from gateway.uplink.fleet_link import FleetLink
from gateway.uplink.retry_gate import RetryGate
from gateway.uplink.token_rotation import TokenRotation
from hil_tests.stand_in_fleet.fleet import TOKEN, StandInFleet


class FailingFile(IdentityFile):
    """Takes so many replacements, and no more: the power is cut."""

    def __init__(self, state: Path, identity: Identity, replacements: int) -> None:
        super().__init__(state, identity)
        self._left = replacements

    def replace(self, identity: Identity) -> None:
        if not self._left:
            raise OSError("power cut")
        self._left -= 1
        super().replace(identity)


# A start from what is on the disk; the argument: replacements of the identity before the power is cut.
Start = Callable[[int], TokenRotation]
_NEVER_CUT = 9


@pytest.fixture
async def start(tmp_path: Path, fleet: StandInFleet) -> AsyncIterator[Start]:
    """A gateway's start, from what is on the disk."""
    identity_file.save(tmp_path, Identity("g-01", TOKEN, read_answer(fleet.identity_bytes()).config_keys))
    random = Random(1)
    async with aiohttp.ClientSession() as session:

        def begin(replacements: int) -> TokenRotation:
            identity = identity_file.load(tmp_path)
            gate = RetryGate(Backoff(0.01, 0.01, 60, random), 0.1, random)
            site = make_site(10)
            api = FleetApi(session, fleet.url, identity.token, 2, FleetLink(fleet.url, gate, 1, CLOCK), site)
            section = FleetSection(url=fleet.url)
            file = FailingFile(tmp_path, identity, replacements)
            return TokenRotation(api, file, section, site, random, make_telemetry())

        yield begin


async def test_a_token_that_is_due_is_renewed_once_and_the_one_before_ends(tmp_path: Path, fleet: StandInFleet, start: Start) -> None:
    rotation = start(_NEVER_CUT)
    await rotation.look()
    identity = identity_file.load(tmp_path)
    assert (identity.former_token, fleet.tokens) == ("", [identity.token])
    assert identity.token != TOKEN
    await rotation.look()
    await start(_NEVER_CUT).look()
    assert identity_file.load(tmp_path) == identity, "not due again"


@pytest.mark.parametrize("step", ["asked", "answer lost", "kept", "proven"])
async def test_a_crash_at_any_step_leaves_a_token_that_the_fleet_takes(
    tmp_path: Path, fleet: StandInFleet, start: Start, step: str
) -> None:
    if step == "answer lost":
        fleet.token_faults.append("lost")
    if step == "kept":
        fleet.desired_faults.append("500")
    await start({"asked": 0, "proven": 1}.get(step, _NEVER_CUT)).look()
    assert identity_file.load(tmp_path).token in fleet.tokens
    after = start(_NEVER_CUT)
    await after.look()
    identity = identity_file.load(tmp_path)
    assert (identity.former_token, fleet.tokens) == ("", [identity.token])


async def test_a_fleet_that_lost_the_new_token_is_spoken_to_with_the_one_before(tmp_path: Path, fleet: StandInFleet, start: Start) -> None:
    fleet.desired_faults.append("500")
    await start(_NEVER_CUT).look()
    fleet.tokens = [TOKEN]
    await start(_NEVER_CUT).look()
    identity = identity_file.load(tmp_path)
    assert (identity.token, identity.former_token) == (TOKEN, "")
