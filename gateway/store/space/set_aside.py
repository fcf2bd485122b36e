"""Files that are no buffer of ours, or a damaged one, kept beside it under another name for inspection. Bounded in number
and, with the buffer, in bytes.
"""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

SET_ASIDE_EVENT = "store_set_aside"
_KEPT = 3
_PARTS = ("", "-wal", "-shm")


@dataclass(frozen=True)
class SetAside:
    """What may be lost: `waiting` items that the fleet had not answered for, None where the file does not let itself be asked."""

    file: Path
    reason: str
    waiting: int | None

    def particulars(self) -> dict[str, str | int | None]:
        return {"file": self.file.name, "reason": self.reason[:200], "bytes": self.file.stat().st_size, "waiting": self.waiting}


def set_aside(path: Path, reason: str, now_ms: int) -> SetAside:
    """Renames the file and its log; the oldest ones set aside before are deleted, so that they cannot fill the disk."""
    target = path.with_name(f"{path.name}.set-aside-{now_ms}")
    for suffix in _PARTS:
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(target.with_name(target.name + suffix))
    while len(_files(path)) > _KEPT:
        delete_oldest_aside(path)
    return SetAside(target, reason, _waiting(target))


def aside_bytes(path: Path) -> int:
    """Of everything that was set aside beside this buffer."""
    return sum(file.stat().st_size for file in path.parent.glob(f"{path.name}.set-aside-*"))


def delete_oldest_aside(path: Path) -> bool:
    """False when no file is left to remove."""
    files = _files(path)
    for suffix in _PARTS if files else ():
        files[0].with_name(files[0].name + suffix).unlink(missing_ok=True)
    return bool(files)


def _files(path: Path) -> list[Path]:
    named = [file for file in path.parent.glob(f"{path.name}.set-aside-*") if file.name.rpartition("-")[2].isdigit()]
    return sorted(named, key=lambda file: int(file.name.rpartition("-")[2]))


def _waiting(file: Path) -> int | None:
    try:
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        try:
            number: int = connection.execute("SELECT count(*) FROM unsent").fetchone()[0]
            return number
        finally:
            connection.close()
    except sqlite3.Error:
        return None
