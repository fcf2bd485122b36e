"""Enrolment: a one-time code becomes identity.json. A gateway that has an identity keeps it."""

from gateway.configuration import Configuration
from gateway.errors import FleetError, IdentityError
from gateway.factories import fleet_session, one_question_api
from gateway.identity import Identity, read_answer
from gateway.identity_file import FILE_NAME, save
from gateway.time.clock import Clock


async def enrol_gateway(configuration: Configuration, code: str) -> Identity:
    """Raises IdentityError when there is one already or it cannot be kept, FleetError when the fleet refuses the code."""
    state = configuration.state
    path = state / FILE_NAME
    if path.exists():
        raise IdentityError(str(path), "enrolled already; to enrol anew, move this file away first")
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        async with fleet_session(configuration.fleet) as session:
            answer = await one_question_api(session, configuration.fleet, "", Clock()).enrol(code)
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
