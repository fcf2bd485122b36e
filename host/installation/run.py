"""Looks at a machine by the steps of a plan (steps.py), and makes it so; each step with its outcome.

A dry run and a real one judge alike: `foresee` is what both ask.
"""

import grp
import os
import pwd
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath

from host.atomic_file import replace_file, replace_link
from host.errors import InstallationError
from host.installation.steps import Command, File, Folder, Link, Step

_RUNNING_SYSTEMD = Path("/run/systemd/system")  # sd_booted(3)


class Outcome(Enum):
    """Of a step: what a dry run says of it, and what a real one says."""

    CREATE = ("create", "created")
    CHANGE = ("change", "changed")
    KEEP = ("keep", "as it should be")
    YOURS = ("keep", "kept as it is")
    RUN = ("run", "done")
    NO_SYSTEMD = ("skip", "not run: no systemd here")
    LEFT = ("leave", "left to the machine itself")
    HIDDEN = ("hidden", "not seen")

    @property
    def foreseen(self) -> str:
        return self.value[0]

    @property
    def done(self) -> str:
        return self.value[1]


@dataclass(frozen=True)
class Machine:
    """`root`: below another folder than / no command is run and no owner set: that is for images. `has_systemd`: whether one runs."""

    root: Path
    has_systemd: bool

    @classmethod
    def at(cls, root: Path) -> "Machine":
        return cls(root, root == Path("/") and _RUNNING_SYSTEMD.is_dir())

    @property
    def is_this(self) -> bool:
        return self.root == Path("/")

    def place(self, path: PurePosixPath) -> Path:
        return self.root / path.relative_to("/")


def run_steps(steps: list[Step], machine: Machine) -> Iterator[tuple[Step, Outcome]]:
    """Each step with its outcome.

    Raises InstallationError naming the step that failed; the ones before it stay, and the whole may be run again.
    """
    for step in steps:
        try:
            outcome = foresee(step, machine)
            if outcome in (Outcome.CREATE, Outcome.CHANGE, Outcome.RUN):
                _make(step, machine)
            yield step, outcome
        except (OSError, KeyError, subprocess.CalledProcessError) as error:
            raise InstallationError(step_name(step), _why(error)) from error


def foresee(step: Step, machine: Machine) -> Outcome:
    """What running it would do; changes nothing. HIDDEN: this user may not look."""
    try:
        if isinstance(step, Command):
            return _foreseen_run(step, machine)
        if isinstance(step, Link):
            return _foreseen_link(step, machine.place(step.path))
        return _foreseen_place(step, machine)
    except PermissionError:
        if os.geteuid() == 0:
            raise
        return Outcome.HIDDEN


def step_name(step: Step) -> str:
    return shlex.join(step.words) if isinstance(step, Command) else str(step.path)


def described(step: Step, outcome: Outcome) -> str:
    """Two lines: what would be done to what, and what for."""
    about = f"  ({step.owner}:{step.group}, {step.mode:04o})" if isinstance(step, Folder | File) else ""
    about = f" -> {step.target}" if isinstance(step, Link) else about
    beside = {
        Outcome.YOURS: "; it is there and stays as it is",
        Outcome.NO_SYSTEMD: "; no systemd runs here: it is done by the next start of the machine",
        Outcome.LEFT: "; left to the machine that starts from this image",
        Outcome.HIDDEN: "; this user may not look: run it as root to know",
    }
    return f"{outcome.foreseen:<7} {step_name(step)}{about}\n          {step.why}{beside.get(outcome, '')}"


def left_over(steps: list[Step]) -> list[str]:
    """Commands, in their order, that an image leaves to the machine on which it starts."""
    return [_as_typed(step) for step in steps if isinstance(step, Command)]


def machine_groups(names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the names that this machine has as groups."""
    there = {entry.gr_name for entry in grp.getgrall()}
    return tuple(name for name in names if name in there)


def _as_typed(command: Command) -> str:
    words = shlex.join(command.words)
    return f"{shlex.join(command.unless)} || {words}" if command.unless else words


def _foreseen_run(command: Command, machine: Machine) -> Outcome:
    if not machine.is_this:
        return Outcome.LEFT
    if command.needs_systemd and not machine.has_systemd:
        return Outcome.NO_SYSTEMD
    if command.unless and shutil.which(command.unless[0]) is not None:
        ended = subprocess.run(command.unless, capture_output=True, check=False)
        return Outcome.KEEP if ended.returncode == 0 else Outcome.RUN
    return Outcome.RUN


def _foreseen_link(link: Link, path: Path) -> Outcome:
    if not path.is_symlink():
        return Outcome.CHANGE if path.exists() else Outcome.CREATE
    # By its last part: systemd goes by the name, and packages reach the same unit by /lib and by /usr/lib.
    return Outcome.KEEP if path.readlink().name == link.target.name else Outcome.CHANGE


def _foreseen_place(step: Folder | File, machine: Machine) -> Outcome:
    path = machine.place(step.path)
    if not os.path.lexists(path):
        return Outcome.CREATE
    if (path.is_symlink() or not path.is_file()) if isinstance(step, File) else not path.is_dir():
        raise InstallationError(str(step.path), "something else of that name is there -> move it away, and run this again")
    if _has_other_rights(step, path, machine):
        return Outcome.CHANGE
    if isinstance(step, Folder):
        return Outcome.KEEP
    if step.keep:
        return Outcome.YOURS
    return Outcome.KEEP if path.read_bytes() == step.content.encode() else Outcome.CHANGE


def _has_other_rights(step: Folder | File, path: Path, machine: Machine) -> bool:
    about = path.stat()
    if about.st_mode & 0o7777 != step.mode:
        return True
    try:
        return machine.is_this and (about.st_uid, about.st_gid) != _ids(step)
    except KeyError:
        return True  # its owner is made by a step before


def _ids(step: Folder | File) -> tuple[int, int]:
    return pwd.getpwnam(step.owner).pw_uid, grp.getgrnam(step.group).gr_gid


def _make(step: Step, machine: Machine) -> None:
    if isinstance(step, Command):
        _run(step)
        return
    path = machine.place(step.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(step, Link):
        replace_link(path, step.target)
        return
    owner = _ids(step) if machine.is_this else None
    if isinstance(step, Folder):
        path.mkdir(exist_ok=True)
    elif not (step.keep and path.exists()):
        replace_file(path, step.content.encode(), step.mode, owner)
    _set_rights(path, step, owner)


def _set_rights(path: Path, step: Folder | File, owner: tuple[int, int] | None) -> None:
    # By descriptor, and no link followed in a folder that a service may write: root must not give away what the link leads to.
    descriptor = os.open(path, os.O_RDONLY | (os.O_DIRECTORY if isinstance(step, Folder) else os.O_NOFOLLOW))
    try:
        if owner is not None:
            os.fchown(descriptor, *owner)
        os.fchmod(descriptor, step.mode)
    finally:
        os.close(descriptor)


def _run(command: Command) -> None:
    if shutil.which(command.words[0]) is None:
        raise FileNotFoundError(f"there is no {command.words[0]} on this machine")
    subprocess.run(command.words, check=True, capture_output=True, text=True)


_WORDS: dict[type[Exception], Callable[[Exception], str]] = {
    KeyError: lambda error: f"no such user or group: {error}",
    PermissionError: lambda error: f"{error} -> run it as root, with sudo",
}


def _why(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        said = (error.stderr or "").strip().splitlines()
        return said[-1] if said else f"exit code {error.returncode}"
    return _WORDS.get(type(error), str)(error)
