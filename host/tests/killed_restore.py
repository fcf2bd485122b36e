"""Puts a copy back and is killed before its n-th change of the disk, for test_putting_back.py: for each n, until it is not killed.

Prints how often it was killed. The folder is made anew for each run, and what is left after the kill is judged by `judge`.
"""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from host.copies.archive import ArchiveReader
from host.copies.putting_back import RESTORING, Target, finish, put_back

_CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "open", "os.chmod", "os.truncate")


def quiet(what: str, done: int, total: int) -> None:
    """No progress shown."""


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def changes_the_disk(event: str, arguments: tuple[Any, ...]) -> bool:
    """Of an event that an audit hook hears."""
    return event in _CHANGES and not (event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR))


def killed_before(change: int, work: Callable[[], object]) -> bool:
    """Runs the work in a process that is killed before its n-th change; whether it was."""
    pid = os.fork()
    if pid == 0:
        left = change

        def watch(event: str, arguments: tuple[Any, ...]) -> None:
            nonlocal left
            if changes_the_disk(event, arguments):
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(watch)
        work()
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(pid, 0)[1])


State = tuple[dict[str, bytes], bytes | None]  # the files, and the configuration


def judge(state: Path, configuration: Path, old: State, new: State) -> None:
    """Old, or new as soon as what was decided is finished; and the old is still there beside the new."""
    decided = (state / RESTORING / "commit").exists()
    finish(Target(state, {"own.conf": configuration}))
    found = contents(state), configuration.read_bytes() if configuration.exists() else None
    if found == old and not decided:
        return
    assert found == new, found
    aside = [contents(path) for path in state.iterdir() if path.name.startswith("replaced-")]
    kept = old[0] if old[1] is None else {**old[0], "own.conf": old[1]}
    assert aside == ([kept] if kept else [])


def main(copy: Path, folder: Path) -> None:
    killed, was_killed = 0, True
    while was_killed:
        state, configuration = folder / str(killed), folder / f"{killed}.conf"
        state.mkdir(mode=0o700)
        old = {"buffer.sqlite": b"old", "buffer.sqlite-wal": b"old log", "identity.json": b"old"}
        for name, content in old.items():
            (state / name).write_bytes(content)
        configuration.write_bytes(b"old configuration")
        target = Target(state, {"own.conf": configuration})
        was_killed = killed_before(killed, lambda t=target: put_back(ArchiveReader(copy, "x"), t, 1, quiet, replace=True))  # type: ignore[misc]
        judge(state, configuration, (old, b"old configuration"), ({"buffer.sqlite": b"new", "identity.json": b"new"}, b"new configuration"))
        shutil.rmtree(state)
        killed += was_killed
    print(killed)  # noqa: T201 a program of a test


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
