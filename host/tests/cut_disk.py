"""A tree of folders as the kernel was asked to change it, and each way in which a power cut may leave it.

A change of a folder (a name made, moved or removed) is on the disk when that folder has been forced there, of a move both; before, it may
be there or not, whatever came later. A move is never half. The content of a file is on the disk when the file has been forced there.
Stricter than the journals of ext4 and XFS, which keep the order of changes. Refuses to know what the changes are for.
"""

import os
import pickle
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from host.tests.killed_restore import changes_the_disk

Entry = tuple[int, str]  # a folder and a name in it
ROOT = 0


@dataclass(frozen=True)
class Change:
    """What stands under each name afterwards; None: nothing."""

    entries: dict[Entry, int | None]


@dataclass(frozen=True)
class Sync:
    thing: int
    content: bytes | None  # of a file


@dataclass
class Trace:
    """`first`: all of it is on the disk. `folders`: which of the things are ones."""

    first: dict[Entry, int]
    contents: dict[int, bytes]
    folders: set[int] = field(default_factory=set)
    events: list[Change | Sync] = field(default_factory=list)


class _Recorder:
    """Numbers things, since a file system gives the number of a removed one to the next."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._number_of = {root.stat().st_ino: ROOT}
        self._next = ROOT + 1
        self._is_looking = False
        self.trace = Trace({}, {}, {ROOT})
        self._entries = self._look()
        self.trace.first = self._entries
        self.trace.contents = {self._number_of[path.stat().st_ino]: path.read_bytes() for path in root.rglob("*") if path.is_file()}

    def look(self) -> None:
        if self._is_looking:
            return
        self._is_looking = True
        before, self._entries = self._entries, self._look()
        names = before.keys() | self._entries.keys()
        changed = {name: self._entries.get(name) for name in names if before.get(name) != self._entries.get(name)}
        if changed:
            self.trace.events.append(Change(changed))
        self._is_looking = False

    def sync(self, descriptor: int) -> None:
        self.look()
        number = self._number_of.get(os.fstat(descriptor).st_ino)
        if number is not None:
            is_folder = number in self.trace.folders
            content = None if is_folder else Path(f"/proc/self/fd/{descriptor}").read_bytes()
            self.trace.events.append(Sync(number, content))

    def _look(self) -> dict[Entry, int]:
        found, seen = {}, {self._root.stat().st_ino}
        for folder, _, _ in os.walk(self._root):
            with os.scandir(folder) as entries:
                for entry in entries:
                    seen.add(entry.inode())
                    found[self._number(Path(folder).stat().st_ino), entry.name] = number = self._number(entry.inode())
                    if entry.is_dir(follow_symlinks=False):
                        self.trace.folders.add(number)
        self._number_of = {inode: number for inode, number in self._number_of.items() if inode in seen}
        return found

    def _number(self, inode: int) -> int:
        if inode not in self._number_of:
            self._number_of[inode] = self._next
            self._next += 1
        return self._number_of[inode]


def record(root: Path, work: Callable[[], object]) -> Trace:
    """What the work did to the folder, in order. It runs in a process of its own."""
    read_end, write_end = os.pipe()
    if (pid := os.fork()) == 0:
        _record_here(root, work, write_end)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as answer:
        content = answer.read()
    assert os.waitpid(pid, 0)[1] == 0
    trace: Trace = pickle.loads(content)
    return trace


def _record_here(root: Path, work: Callable[[], object], answer: int) -> None:
    recorder, fsync = _Recorder(root), os.fsync

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if changes_the_disk(event, arguments):
            recorder.look()

    def sync(fd: Any) -> None:
        recorder.sync(fd)
        fsync(fd)

    sys.addaudithook(watch)
    os.fsync = sync
    try:
        work()
        recorder.look()
        with os.fdopen(answer, "wb") as out:
            pickle.dump(recorder.trace, out)
        os._exit(0)
    finally:
        traceback.print_exc()
        os._exit(1)


@dataclass
class _Disk:
    safe: dict[Entry, int]
    contents: dict[int, bytes]
    waiting: list[tuple[Change, set[int]]] = field(default_factory=list)  # with the folders that are still to be forced

    def do(self, event: Change | Sync) -> None:
        if isinstance(event, Change):
            self.waiting.append((event, {folder for folder, _ in event.entries}))
            return
        if event.content is not None:
            self.contents[event.thing] = event.content
        for change, folders in self.waiting:
            folders.discard(event.thing)
            if not folders:
                _apply(self.safe, change)
        self.waiting = [(change, folders) for change, folders in self.waiting if folders]

    def after_cut(self) -> Iterator[dict[Entry, int]]:
        """None of what waits, all of it, only one, all but one."""
        waiting = [change for change, _ in self.waiting]
        alone = [[change] for change in waiting]
        but_one = [[other for other in waiting if other is not change] for change in waiting]
        for kept in ([], waiting, *alone, *but_one):
            found = dict(self.safe)
            for change in kept:
                _apply(found, change)
            yield found


def _apply(entries: dict[Entry, int], change: Change) -> None:
    for name, thing in change.entries.items():
        if thing is None:
            entries.pop(name, None)
        else:
            entries[name] = thing


Tree = dict[str, bytes | None]  # by path; None: a folder


def trees_after_cuts(trace: Trace) -> list[Tree]:
    """Each one once, in the order of the cuts."""
    disk, found = _Disk(dict(trace.first), dict(trace.contents)), list[Tree]()
    for event in (None, *trace.events):
        if event is not None:
            disk.do(event)
        for entries in disk.after_cut():
            tree = dict(_below(ROOT, "", entries, disk.contents, trace.folders))
            if tree not in found:
                found.append(tree)
    return found


def _below(
    folder: int, path: str, entries: dict[Entry, int], contents: dict[int, bytes], folders: set[int]
) -> Iterator[tuple[str, bytes | None]]:
    for (parent, name), thing in entries.items():
        if parent == folder:
            place = f"{path}{name}"
            yield place, None if thing in folders else contents.get(thing, b"")
            yield from _below(thing, f"{place}/", entries, contents, folders)


def make(tree: Tree, root: Path) -> None:
    for place, content in tree.items():
        if content is None:
            (root / place).mkdir(mode=0o700, parents=True, exist_ok=True)
        else:
            (root / place).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            (root / place).write_bytes(content)
