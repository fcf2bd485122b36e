"""Enrolment: a one-time code becomes identity.json. A gateway that has an identity keeps it, unless it is to be renewed."""

from pathlib import Path

from gateway.configuration import Configuration
from gateway.errors import NEW_CODE, AnswerError, IdentityError
from gateway.factories import fleet_session, one_question_api
from gateway.identity import Identity, read_answer
from gateway.identity_file import FILE_NAME, load, save
from gateway.process import state_folder
from gateway.time.clock import Clock


async def enrol_gateway(configuration: Configuration, code: str, *, again: bool = False) -> Identity:
    """`again`: also where there is an identity, of the same gateway; until the new one is kept the old one stays.

    Raises StateFolderError, IdentityError when there is one already or it cannot be kept, FleetError when the fleet refuses the code.
    """
    state = configuration.state
    if state.exists():
        state_folder.mode_of(state)
    path = state / FILE_NAME
    known = _known(state) if path.exists() else None
    if path.exists() and not again:
        raise IdentityError(str(path), f"enrolled already -> where the fleet refuses its token: {NEW_CODE}")
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        async with fleet_session(configuration.fleet) as session:
            answer = await one_question_api(session, configuration.fleet, "", Clock()).enrol(code)
        identity = _read(answer)
        if known is not None and known != identity.gateway:
            reason = (
                f"the code is of {identity.gateway}, and this is {known}: ask for a code of {known}; another gateway needs an empty state"
            )
            raise IdentityError(str(path), reason)
        save(state, identity)
    except OSError as error:
        raise IdentityError(str(path), f"cannot be written: {error}") from error
    return identity


def _read(answer: bytes) -> Identity:
    try:
        return read_answer(answer)
    except ValueError as error:
        raise AnswerError("is not an identity") from error


def _known(state: Path) -> str | None:
    """Whose identity is there; None: it is damaged."""
    try:
        return load(state).gateway
    except IdentityError:
        return None
