"""The folder that holds a fleet service: its database, unless that is elsewhere, and its signing key."""

import os
import pwd
import shlex
from pathlib import Path

from fleet.configuration.signing import KEY_FILE, create_signing_key, put_back_advice
from fleet.errors import StateFolderError
from host.faults_in_words import of_system
from host.rights import as_owner_of

DATABASE_FILE = "fleet.sqlite"


def prepare(folder: Path) -> bool:
    """Makes the folder and the key where they are missing. True when the key is new. Raises StateFolderError on an unsafe one, and
    where a new key would part the fleet from gateways that have pinned the old one."""
    if not _is_there(folder):
        try:
            folder.mkdir(mode=0o700, parents=True)
        except OSError as error:
            why = of_system(error).text
            raise StateFolderError(folder, f"cannot be made ({why}) -> name another folder, or run it as root") from error
    check(folder)
    if (folder / KEY_FILE).exists():
        return False
    if (folder / DATABASE_FILE).exists():
        raise StateFolderError(folder, f"holds {DATABASE_FILE} but no {KEY_FILE}, which gateways trust -> {put_back_advice(folder)}")
    create_signing_key(folder)
    return True


def check(folder: Path) -> None:
    """Raises StateFolderError when it cannot be used, or others may read it: it holds the keys of every node."""
    if not _is_there(folder):
        raise StateFolderError(folder, "no such folder -> mount its disk, or make it: airgrid-fleet init")
    if not folder.is_dir():
        raise StateFolderError(folder, "not a folder -> move it away, or name another: --state")
    status = folder.stat()
    if status.st_mode & 0o077:
        raise StateFolderError(folder, f"must be open to its owner only (mode 0700) -> chmod 700 {shlex.quote(str(folder))}")
    if status.st_uid != os.geteuid():
        owner = _name(status.st_uid)
        raise StateFolderError(folder, f"belongs to {owner} -> run this as {owner}: sudo -u {owner} airgrid-fleet ...")


def check_as_owner(folder: Path) -> None:
    """The same for a command that root may run too. Raises StateFolderError."""
    if not _is_there(folder) or not folder.is_dir():
        check(folder)
    with as_owner_of(folder):
        check(folder)


def _is_there(folder: Path) -> bool:
    try:
        folder.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise StateFolderError(folder, " -> ".join(of_system(error))) from error
    return True


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"
