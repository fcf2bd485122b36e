"""The file of records that `provision --record` appends to, and `register` loads: a line of JSON for each node. It holds keys: only its
owner can read it.
"""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from contract.faults import Fault
from technician import provisioning
from technician.errors import ProvisionError, reason_of


def faults(path: Path) -> list[Fault]:
    """Why nothing could be appended to it, as far as that is seen without writing."""
    allowed = ""
    if path.is_dir():
        allowed = "a file; this is a folder"
    elif not path.parent.is_dir():
        allowed = f"a file in a folder that is there: there is no {path.parent}"
    elif not os.access(path if path.exists() else path.parent, os.W_OK):
        allowed = "a file that you may write"
    return [Fault(("--record",), allowed, str(path))] if allowed else []


def append(path: Path, entry: dict[str, Any]) -> None:
    """Whole, and on the disk when it returns. Raises ProvisionError."""
    try:
        _append(path, json.dumps(entry, separators=(",", ":")).encode() + b"\n")
    except OSError as error:
        next_step = "make room there, or choose another --record, and run the same command again"
        raise ProvisionError(f"{path}: the record of the key cannot be written: {reason_of(error)}", next_step) from error


def read(path: Path) -> list[dict[str, Any]]:
    """The nodes in it. Raises ProvisionError."""
    try:
        return provisioning.read_records(path.read_text())
    except UnicodeDecodeError as error:
        raise ProvisionError(f"{path}: this is no record file", "choose the file that provision --record has written") from error
    except OSError as error:
        raise ProvisionError(f"{path}: {reason_of(error)}", "choose the file that provision --record has written") from error


def _append(path: Path, line: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "ab", buffering=0) as file:
        before = os.fstat(descriptor).st_size
        try:
            while line:
                line = line[file.write(line) :]
            os.fsync(descriptor)
        except OSError:
            # Half a line would make the next one unreadable.
            with suppress(OSError):
                os.ftruncate(descriptor, before)
            raise
