"""Enrolment: a one-time code becomes identity.json. A gateway that has an identity keeps it."""

from random import SystemRandom

from gateway.configuration import Configuration
from gateway.errors import FleetError, IdentityError
from gateway.factories import fleet_passage, fleet_session
from gateway.identity import Identity, read_answer
from gateway.identity_file import FILE_NAME, save
from gateway.uplink.fleet_api import FleetApi


async def enrol_gateway(configuration: Configuration, code: str) -> Identity:
    """Raises IdentityError when there is one already or it cannot be kept, FleetError when the fleet refuses the code."""
    state = configuration.state
    path = state / FILE_NAME
    if path.exists():
        raise IdentityError(str(path), "enrolled already; to enrol anew, move this file away first")
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        async with fleet_session(configuration.fleet) as session:
            passage = fleet_passage(configuration.fleet, SystemRandom())
            answer = await FleetApi(session, configuration.fleet.url, "", configuration.fleet.timeout_s, passage).enrol(code)
        identity = _read(answer)
        save(state, identity)
    except OSError as error:
        raise IdentityError(str(path), f"cannot be written: {error}") from error
    return identity


def _read(answer: bytes) -> Identity:
    try:
        return read_answer(answer)
    except ValueError as error:
        raise FleetError(f"answer is not an identity: {error}") from error
