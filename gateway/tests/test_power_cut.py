"""The power goes at every write and sync of a buffer's life: it opens again, sound, with every report that was acknowledged, and takes
none of them twice.
"""

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from contract.site.sequence import Sequence
from gateway.store.database import FILE_NAME
from gateway.store.store import StoreOpener
from gateway.tests.buffer_script import BUDGET, LIMITS, row
from gateway.tests.power_cut import Call, Disk, record

pytestmark = pytest.mark.hil
_IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # a thousand openings, each with its syncs
_ROOT = Path(__file__).parent.parent.parent


def _recorded(folder: Path, synchronous: str) -> list[Call]:
    disk = folder / "disk"
    disk.mkdir()
    command = [sys.executable, "-m", "gateway.tests.buffer_script", str(disk), str(folder / "marks"), synchronous]
    return record(["env", f"--chdir={_ROOT}", *command], disk, folder / "marks", folder / "trace")


def _lost(folder: Path, files: dict[str, bytes], acknowledged: int) -> str:
    """What is wrong with the buffer that these files are; empty when nothing is."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    opened = StoreOpener(folder, LIMITS, BUDGET, "gw-east").open(0)
    try:
        if opened.set_aside is not None:
            return f"set aside: {opened.set_aside.reason}"
        sound = opened.store.connection.execute("PRAGMA integrity_check").fetchone()[0]
        there = Sequence()
        for first, last in opened.store.connection.execute(
            "SELECT seq, seq FROM items WHERE node = 'n-1' UNION ALL SELECT first, last FROM gaps WHERE node = 'n-1' AND why = 'thinned'"
        ):
            for seq in range(first, last + 1):
                there.add(seq)
        missing = [seq for seq in range(acknowledged + 1) if seq not in there]
        again = opened.store.buffer.commit([row(seq, "report") for seq in range(acknowledged + 1)], [], 0).counts["items.stored"]
        return "" if sound == "ok" and not missing and not again else f"{sound}, missing {missing}, {again} taken twice"
    finally:
        opened.store.close()


def _damage(folder: Path, calls: list[Call]) -> tuple[int, list[str]]:
    """How many points there were, and what was wrong at which."""
    disk, acknowledged, points, found = Disk(), -1, 0, []
    seen: set[int] = set()  # most ways of one point are the same as those of the one before
    for number, call in enumerate(calls):
        disk.do(call)
        if call.name == "mark":
            acknowledged = int(call.data)
        points += 1
        for way, files in disk.after_cut().items():
            image = hash((acknowledged, tuple(sorted(files.items()))))
            if FILE_NAME in files and image not in seen:
                seen.add(image)
                if fault := _lost(folder, files, acknowledged):
                    found.append(f"after call {number} ({call.name} {call.file}), unsynced {way}: {fault}")
    return points, found


def test_at_every_write_and_sync_the_power_may_go_and_nothing_acknowledged_is_lost_or_taken_twice(tmp_path: Path) -> None:
    with TemporaryDirectory(dir=_IN_MEMORY) as memory:
        points, found = _damage(Path(memory, "found"), _recorded(tmp_path, "FULL"))
    assert not found, found[:5]
    assert points >= 200


def test_without_full_synchronous_the_same_search_finds_what_is_lost(tmp_path: Path) -> None:
    with TemporaryDirectory(dir=_IN_MEMORY) as memory:
        _, found = _damage(Path(memory, "found"), _recorded(tmp_path, "NORMAL"))
    assert any("missing" in fault for fault in found)
