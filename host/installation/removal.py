"""Takes an installation back: what a plan (steps.py) has placed, and nothing else. What people or the service have put there stays, unless
it is to be purged. May be cut and run again: what is gone already is no fault."""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from host.errors import InstallationError
from host.installation.run import Machine
from host.installation.steps import Command, File, Folder, Link, Step

REMOVED, STAYS, SHARED = "removed", "stays", "stays: others use it"


def removal_lines(steps: Sequence[Step], units: Sequence[str], machine: Machine, user: str, *, purge: bool) -> Iterator[str]:
    """A line for each thing as soon as it is removed, or stays and why; none where nothing was installed. `units`: stopped first.
    Raises InstallationError."""
    has_units = machine.has_systemd and any(_is_there(machine.place(step.path)) for step in steps if not isinstance(step, Command | Link))
    try:
        if has_units:
            subprocess.run(("systemctl", "stop", *units), check=True, capture_output=True, text=True)
            yield f"{'stopped':<22}{', '.join(units)}"
        for step in reversed(steps):
            if not isinstance(step, Command) and (outcome := _remove(step, machine.place(step.path), purge)) is not None:
                yield f"{outcome:<22}{step.path}"
        if has_units:
            subprocess.run(("systemctl", "daemon-reload"), check=True, capture_output=True, text=True)
        if purge and machine.is_this and subprocess.run(("id", "-u", user), capture_output=True, check=False).returncode == 0:
            subprocess.run(("userdel", user), check=True, capture_output=True, text=True)
            yield f"{REMOVED:<22}user {user}"
    except subprocess.CalledProcessError as error:
        said = (error.stderr or "").strip().splitlines()
        raise InstallationError(" ".join(error.cmd), said[-1] if said else f"exit code {error.returncode}") from error
    except OSError as error:
        raise InstallationError("uninstall", f"{error} -> run it as root, with sudo; it may be run again") from error


def _remove(step: Folder | File | Link, path: Path, purge: bool) -> str | None:
    """What became of it; None: it is not there."""
    if not _is_there(path):
        return None
    if isinstance(step, Link):
        return SHARED if step.keep else _unlink(path)
    if not purge and (step.keep or (isinstance(step, File) and step.outlives)):
        return STAYS
    if isinstance(step, File):
        return _unlink(path)
    if step.keep and not path.is_symlink():
        shutil.rmtree(path)
        return REMOVED
    try:
        path.rmdir()
    except OSError:  # something else is in it, or it is a link to another disk
        return SHARED
    return REMOVED


def _is_there(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _unlink(path: Path) -> str:
    path.unlink()
    return REMOVED
