"""Keeps what is known of wrong PINs over a restart: pin.json of the state folder, always whole."""

import logging
from pathlib import Path

import msgspec

from gateway.web.pin import PinRecord
from host.atomic_file import replace_file

_LOG = logging.getLogger(__name__)
_FILE_NAME = "pin.json"
_MODE = 0o600


def load(state: Path) -> PinRecord:
    """A file that cannot be read counts as none: the page works, and the loss is in the log."""
    try:
        return msgspec.json.decode((state / _FILE_NAME).read_bytes(), type=PinRecord)
    except FileNotFoundError:
        return PinRecord()
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        _LOG.warning("wrong PINs from before the start are not known", extra={"reason": str(error)})
        return PinRecord()


def save(state: Path, record: PinRecord) -> None:
    """What cannot be written is kept in memory, and in the log."""
    try:
        replace_file(state / _FILE_NAME, msgspec.json.encode(record), _MODE)
    except OSError as error:
        _LOG.warning("wrong PINs are not saved", extra={"reason": str(error)})
