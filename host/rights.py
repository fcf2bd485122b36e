"""Root that works in a folder of a service does so with the rights of its owner: what lies there may be a trap for root."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def as_owner_of(folder: Path) -> Iterator[None]:
    """Files made within belong to the owner of the folder. For processes of one thread. Any other user keeps its own rights."""
    if os.geteuid() != 0:
        yield
        return
    about, groups = folder.stat(), os.getgroups()
    os.setgroups([])
    os.setegid(about.st_gid)
    os.seteuid(about.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)
