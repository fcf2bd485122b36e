"""What a measurement is stamped with, and what is committed: asked of git, which need not be there."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

from hil_tests.source_tree import CHECKOUT


def today() -> str:
    """The date in UTC, as 2026-11-28."""
    return datetime.now(UTC).date().isoformat()


def commit() -> str:
    """Short, with a + behind it when tracked files other than documents differ from it; `-` without git."""
    found = _git("rev-parse", "--short", "HEAD")
    if found is None:
        return "-"
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ":!docs")
    return found.strip() + ("+" if changed else "")


def committed(file: Path) -> str | None:
    """The text of a file of this checkout as of the last commit; None without git."""
    return _git("show", f"HEAD:{file.relative_to(CHECKOUT).as_posix()}")


def _git(*arguments: str) -> str | None:
    done = subprocess.run(["git", "-C", str(CHECKOUT), *arguments], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None
