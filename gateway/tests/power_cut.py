"""The disk as the kernel was asked to change it: recorded with strace, played again up to any point, as a power cut there would leave it.

What was written and not yet synced may be there, or not, or half. Knows system calls and files; refuses to know SQLite.
"""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_CALLS = "openat,close,pwrite64,write,ftruncate,fsync,fdatasync,unlink,rename"
_CALL = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)")
_BYTES = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


FOLDER = "/"  # the name under which the folder itself is synced, and with it what was deleted in it


@dataclass(frozen=True)
class Call:
    """`name` one of write, truncate, sync, unlink, mark; a mark is what the program wrote into the file of marks."""

    name: str
    file: str
    offset: int = 0
    data: bytes = b""


def record(command: list[str], folder: Path, marks: Path, trace: Path) -> list[Call]:
    """What the command asked for of the files in `folder`, and its marks, in order."""
    subprocess.run(["strace", "-f", "-xx", "-s", "100000", "-e", f"trace={_CALLS}", "-o", str(trace), *command], check=True, timeout=120)
    return list(_calls(trace.read_text(errors="replace").splitlines(), folder, marks))


def _calls(lines: list[str], folder: Path, marks: Path) -> Iterator[Call]:
    open_files: dict[str, str] = {}
    for line in lines:
        match = _CALL.match(line)
        if match is None or match[3].startswith("-"):
            continue
        name, arguments, result = match.groups()
        if name in ("openat", "unlink"):
            path = Path(_data(arguments).decode())
            inside = path.parent == folder and not path.name.endswith("-shm")
            if name == "openat":
                open_files.pop(result, None)
                if inside or path in (marks, folder):
                    open_files[result] = {marks: "", folder: FOLDER}.get(path, path.name)
            elif inside:
                yield Call("unlink", path.name)
            continue
        number = arguments.split(",")[0]
        if number in open_files:
            yield from _of_file(name, open_files[number], arguments)
        if name == "close":
            open_files.pop(number, None)


def _of_file(name: str, file: str, arguments: str) -> Iterator[Call]:
    if name == "write" and not file:
        yield Call("mark", "", data=_data(arguments))
    elif name == "pwrite64":
        yield Call("write", file, int(arguments.rpartition(",")[2]), _data(arguments))
    elif name == "ftruncate":
        yield Call("truncate", file, int(arguments.rpartition(",")[2]))
    elif name in ("fsync", "fdatasync"):
        yield Call("sync", file)


def _data(arguments: str) -> bytes:
    match = _BYTES.search(arguments)
    assert match is not None, arguments[:200]
    return bytes.fromhex(match[1].replace("\\x", ""))


@dataclass
class Disk:
    """`safe` is on the disk whatever happens; `waiting` is what the kernel still has of it, in order."""

    safe: dict[str, bytes] = field(default_factory=dict)
    waiting: list[Call] = field(default_factory=list)

    def do(self, call: Call) -> None:
        if call.name == "sync":
            synced = [
                waiting for waiting in self.waiting if (waiting.name == "unlink" if call.file == FOLDER else waiting.file == call.file)
            ]
            for waiting in synced:
                _apply(self.safe, waiting)
            self.waiting = [waiting for waiting in self.waiting if waiting not in synced]
        elif call.name != "mark":
            self.waiting.append(call)

    def after_cut(self) -> dict[str, dict[str, bytes]]:
        """Each way in which the files may be found, by name."""
        last = self.waiting[-1:]
        torn = [Call(call.name, call.file, call.offset, call.data[: len(call.data) // 2]) for call in last]
        kept = {"dropped": [], "kept": self.waiting, "torn": self.waiting[:-1] + torn, "out of order": last}
        found = {}
        for name, calls in kept.items():
            found[name] = dict(self.safe)
            for call in calls:
                _apply(found[name], call)
        return found


def _apply(files: dict[str, bytes], call: Call) -> None:
    if call.name == "unlink":
        files.pop(call.file, None)
        return
    content = files.get(call.file, b"")
    if call.name == "truncate":
        files[call.file] = content[: call.offset].ljust(call.offset, b"\0")
    else:
        padded = content.ljust(call.offset, b"\0")
        files[call.file] = padded[: call.offset] + call.data + padded[call.offset + len(call.data) :]
