"""The folder that holds a fleet service: its database, unless that is elsewhere, and its signing key."""

import os
from pathlib import Path

from fleet.configuration.signing import KEY_FILE, create_signing_key
from fleet.errors import StateFolderError

DATABASE_FILE = "fleet.sqlite"


def prepare(folder: Path) -> bool:
    """Makes the folder and the key where they are missing. True when the key is new. Raises StateFolderError on an unsafe one, and
    where a new key would part the fleet from gateways that have pinned the old one."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    check(folder)
    if (folder / KEY_FILE).exists():
        return False
    if (folder / DATABASE_FILE).exists():
        raise StateFolderError(
            folder, f"holds {DATABASE_FILE} but no {KEY_FILE}, which enrolled gateways have pinned: restore it from a copy"
        )
    create_signing_key(folder)
    return True


def check(folder: Path) -> None:
    """Raises StateFolderError when others may read it: it holds the keys of every node."""
    if not folder.is_dir():
        raise StateFolderError(folder, "is not a folder; run airgrid-fleet init")
    status = folder.stat()
    if status.st_mode & 0o077:
        raise StateFolderError(folder, "must be open to its owner only (mode 0700)")
    if status.st_uid != os.geteuid():
        raise StateFolderError(folder, "belongs to another user")
