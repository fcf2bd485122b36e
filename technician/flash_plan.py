"""What has to change on a board's flash so that it holds the files that are wanted. Opens nothing; hashes are its only knowledge.
Pure.

The files of the application are replaced as a set: what is under the slot and is not wanted goes. Everything else on the
flash (identity, settings, counters, the other slot) belongs to the node and is left alone.
"""

import hashlib
from typing import NamedTuple

from technician.flash_layout import BOOT_FILES, SLOT

# A file is written under this ending and renamed when it is whole; one that is found was left by a pulled cable.
PARTIAL = ".new"


class FlashPlan(NamedTuple):
    remove: list[str]
    folders: list[str]
    write: list[str]
    # Already there with the same content.
    same: int


def plan(wanted: dict[str, bytes], present: dict[str, str]) -> FlashPlan:
    """`present`: path -> SHA-256 (hex) of every file on the board. Boot files come last: they start the rest."""
    changed = [path for path, content in wanted.items() if present.get(path) != hashlib.sha256(content).hexdigest()]
    remove = [path for path in present if path not in wanted and _is_ours(path)]
    changed.sort(key=lambda path: (path.count("/") == 1, path))
    return FlashPlan(sorted(remove), _folders(changed), changed, len(wanted) - len(changed))


def _is_ours(path: str) -> bool:
    return path.startswith(SLOT + "/") or path in {f"/{name}{PARTIAL}" for name in BOOT_FILES}


def _folders(paths: list[str]) -> list[str]:
    # Parents before children.
    found: set[str] = set()
    for path in paths:
        parts = path.split("/")[1:-1]
        found.update("/" + "/".join(parts[: depth + 1]) for depth in range(len(parts)))
    return sorted(found)
