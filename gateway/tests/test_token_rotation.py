"""The token renewed: what is on the disk and what the fleet takes, after a crash at every step."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from random import Random

import aiohttp
import pytest

from gateway import identity_file
from gateway.backoff import Backoff
from gateway.configuration import FleetSection
from gateway.counters import Counters
from gateway.error_log import ErrorLog
from gateway.identity import Identity, read_answer
from gateway.tests.fleet_stand_in import TOKEN, FleetStandIn
from gateway.time import clock
from gateway.time.site_time import SiteTime
from gateway.uplink.fleet_api import FleetApi
from gateway.uplink.fleet_link import FleetLink
from gateway.uplink.retry_gate import RetryGate
from gateway.uplink.token_rotation import TokenRotation

Start = Callable[[], TokenRotation]


@pytest.fixture
async def start(tmp_path: Path, fleet: FleetStandIn) -> AsyncIterator[Start]:
    """A gateway's start, from what is on the disk."""
    identity_file.save(tmp_path, Identity("g-01", TOKEN, read_answer(fleet.identity_bytes()).config_keys))
    random = Random(1)
    async with aiohttp.ClientSession() as session:

        def begin() -> TokenRotation:
            identity = identity_file.load(tmp_path)
            gate = RetryGate(Backoff(0.01, 0.01, 60, random), 0.1, random)
            api = FleetApi(session, fleet.url, identity.token, 2, FleetLink(fleet.url, gate, 1))
            counters = Counters()
            site = SiteTime(10, trusts_system=True)
            section = FleetSection(url=fleet.url)
            return TokenRotation(api, tmp_path, identity, section, site, random, counters, ErrorLog(10, counters, clock.utc_ms))

        yield begin


async def test_a_token_that_is_due_is_renewed_once_and_the_one_before_ends(tmp_path: Path, fleet: FleetStandIn, start: Start) -> None:
    rotation = start()
    await rotation.look()
    identity = identity_file.load(tmp_path)
    assert (identity.former_token, fleet.tokens) == ("", [identity.token])
    assert identity.token != TOKEN
    await rotation.look()
    await start().look()
    assert identity_file.load(tmp_path) == identity, "not due again"


@pytest.mark.parametrize("step", ["asked", "answer lost", "kept", "proven"])
async def test_a_crash_at_any_step_leaves_a_token_that_the_fleet_takes(
    tmp_path: Path, fleet: FleetStandIn, start: Start, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    saves: list[Identity] = []

    def save(state: Path, identity: Identity) -> None:
        if len(saves) == {"asked": 0, "kept": 9, "proven": 1}.get(step, 9):
            raise OSError("power cut")
        saves.append(identity)
        original(state, identity)

    original = identity_file.save
    monkeypatch.setattr(identity_file, "save", save)
    if step == "answer lost":
        fleet.token_faults.append("lost")
    if step == "kept":
        fleet.desired_faults.append("500")
    await start().look()
    monkeypatch.setattr(identity_file, "save", original)
    assert identity_file.load(tmp_path).token in fleet.tokens
    after = start()
    await after.look()
    identity = identity_file.load(tmp_path)
    assert (identity.former_token, fleet.tokens) == ("", [identity.token])


async def test_a_fleet_that_lost_the_new_token_is_spoken_to_with_the_one_before(tmp_path: Path, fleet: FleetStandIn, start: Start) -> None:
    fleet.desired_faults.append("500")
    await start().look()
    fleet.tokens = [TOKEN]
    await start().look()
    identity = identity_file.load(tmp_path)
    assert (identity.token, identity.former_token) == (TOKEN, "")
