"""The identity of this gateway in its state folder: made by `enrol`, readable by its owner only."""

import json
from pathlib import Path

import msgspec

from gateway.errors import ENROL, NEW_CODE, IdentityError, reason_of
from gateway.identity import Identity, read_answer
from host.atomic_file import replace_file

FILE_NAME = "identity.json"
_OWNER = "run as the owner of {state}, or give it to the user that runs the gateway: chown -R USER {state}"


def load(state: Path) -> Identity:
    """Raises IdentityError when it is missing or damaged."""
    path = state / FILE_NAME
    try:
        return read_answer(path.read_bytes())
    except FileNotFoundError as error:
        raise IdentityError(str(path), f"not enrolled -> ask an administrator for a code, then: {ENROL}") from error
    except PermissionError as error:
        raise IdentityError(str(path), f"not readable by this user -> {_OWNER.format(state=state)}") from error
    except OSError as error:
        raise IdentityError(str(path), f"not readable ({reason_of(error)}) -> {NEW_CODE}") from error
    except ValueError as error:
        raise IdentityError(str(path), f"damaged -> {NEW_CODE}") from error


def save(state: Path, identity: Identity) -> None:
    content = json.dumps(msgspec.to_builtins(identity), indent=1).encode()
    replace_file(state / FILE_NAME, content, 0o600)


class IdentityFile:
    """`current`: as it is on the disk."""

    def __init__(self, state: Path, identity: Identity) -> None:
        self._state = state
        self.current = identity

    def replace(self, identity: Identity) -> None:
        """Raises OSError: the former one stays."""
        save(self._state, identity)
        self.current = identity
