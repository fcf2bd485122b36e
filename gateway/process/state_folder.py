"""Whether the state folder may be used: there, writable, and its owner's only: it holds the gateway's token and its nodes' keys."""

import os
import stat
from pathlib import Path

from gateway.errors import ENROL, StateFolderError
from gateway.identity_file import FILE_NAME as IDENTITY_FILE


def check(state: Path) -> None:
    """Raises StateFolderError, which says what to do."""
    mode = mode_of(state)
    if not os.access(state, os.W_OK | os.X_OK):
        advice = f"mount it writable and run as its owner, or give it to the user that runs the gateway: chown -R USER {state}"
        raise StateFolderError(str(state), "not writable", advice)
    if mode & 0o077:
        raise StateFolderError(str(state), f"open to others (mode {mode & 0o777:04o})", f"chmod 700 {state}")
    _check_identity(state / IDENTITY_FILE)


def mode_of(state: Path) -> int:
    """For a command that only reads it: it need not be safe, only there. Raises StateFolderError."""
    try:
        mode = state.stat().st_mode
    except FileNotFoundError as error:
        raise StateFolderError(str(state), "no such folder", f"mount its disk, or make it by enrolling: {ENROL}") from error
    except OSError as error:
        raise StateFolderError(str(state), str(error.strerror), f"run as the owner of {state.parent}") from error
    if not stat.S_ISDIR(mode):
        raise StateFolderError(str(state), "not a folder", "move it away, or correct [gateway] state")
    return mode


def _check_identity(path: Path) -> None:
    if path.exists() and path.stat().st_mode & 0o077:
        raise StateFolderError(str(path), f"open to others (mode {path.stat().st_mode & 0o777:04o})", f"chmod 600 {path}")
