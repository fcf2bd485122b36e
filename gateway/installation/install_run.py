"""Runs the steps of an installation plan (install_plan.py), naming each one and its outcome."""

import grp
import os
import pwd
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from gateway.atomic_file import replace_file
from gateway.errors import InstallationError
from gateway.installation.install_plan import DEVICE_GROUPS, Command, File, Folder, Step

DONE, SAME, KEPT, LEFT = "done", "as it should be", "kept as it is", "left to the machine itself"


def run_steps(steps: list[Step], root: Path) -> Iterator[tuple[Step, str]]:
    """Each step with its outcome. Below another root than / no command is run and no owner set: that is for images.

    Raises InstallationError naming the step that failed; the ones before it stay, and the whole may be run again.
    """
    here = root == Path("/")
    for step in steps:
        try:
            yield step, _run_step(step, root, here)
        except (OSError, KeyError, subprocess.CalledProcessError) as error:
            raise InstallationError(step_name(step), _why(error)) from error


def step_name(step: Step) -> str:
    return " ".join(step.words) if isinstance(step, Command) else str(step.path)


def described(step: Step) -> str:
    """In words: what is made or run, and what for."""
    if isinstance(step, Command):
        return f"run     {step_name(step)}\n          {step.why}" + (
            f"; unless this succeeds: {shlex.join(step.unless)}" if step.unless else ""
        )
    kind = "folder" if isinstance(step, Folder) else "keep" if step.keep else "write"
    beside = "; where it is there already it stays as it is" if isinstance(step, File) and step.keep else ""
    return f"{kind:<7} {step.path}  ({step.owner}:{step.group}, {step.mode:04o})\n          {step.why}{beside}"


def left_over(steps: list[Step]) -> list[str]:
    """Commands, in their order, that an image leaves to the machine on which it starts."""
    return [_as_typed(step) for step in steps if isinstance(step, Command)]


def _as_typed(command: Command) -> str:
    words = shlex.join(command.words)
    return f"{shlex.join(command.unless)} || {words}" if command.unless else words


def machine_groups() -> tuple[str, ...]:
    there = {entry.gr_name for entry in grp.getgrall()}
    return tuple(name for name in DEVICE_GROUPS if name in there)


def _run_step(step: Step, root: Path, here: bool) -> str:
    if isinstance(step, Command):
        return _run(step) if here else LEFT
    if isinstance(step, Folder):
        return _folder(step, _below(root, step.path), here)
    return _file(step, _below(root, step.path), here)


def _run(command: Command) -> str:
    if command.unless and subprocess.run(command.unless, capture_output=True, check=False).returncode == 0:
        return SAME
    if shutil.which(command.words[0]) is None:
        raise FileNotFoundError(f"there is no {command.words[0]} on this machine")
    subprocess.run(command.words, check=True, capture_output=True, text=True)
    return DONE


def _folder(step: Folder, path: Path, here: bool) -> str:
    made = not path.is_dir()
    path.mkdir(parents=True, exist_ok=True)
    return DONE if _belongs(path, step.mode, step.owner, step.group, here) or made else SAME


def _file(step: File, path: Path, here: bool) -> str:
    if path.exists() and (step.keep or path.read_text(encoding="utf-8") == step.content):
        changed = _belongs(path, step.mode, step.owner, step.group, here)
        return DONE if changed else KEPT if step.keep else SAME
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, step.content.encode(), step.mode)
    _belongs(path, step.mode, step.owner, step.group, here)
    return DONE


def _belongs(path: Path, mode: int, owner: str, group: str, here: bool) -> bool:
    """Sets owner and mode; whether anything was otherwise."""
    before = path.stat()
    if here:
        os.chown(path, pwd.getpwnam(owner).pw_uid, grp.getgrnam(group).gr_gid)
    path.chmod(mode)
    after = path.stat()
    return (before.st_mode, before.st_uid, before.st_gid) != (after.st_mode, after.st_uid, after.st_gid)


def _below(root: Path, path: PurePosixPath) -> Path:
    return root / path.relative_to("/")


_WORDS: dict[type[Exception], Callable[[Exception], str]] = {
    KeyError: lambda error: f"no such user or group: {error}",
    PermissionError: lambda error: f"{error} -> run it as root: sudo airgrid-gateway install …",
}


def _why(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        return (error.stderr or "").strip().splitlines()[-1:][0] if (error.stderr or "").strip() else f"exit code {error.returncode}"
    return _WORDS.get(type(error), str)(error)
