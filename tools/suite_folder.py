"""In which folder the tests of a run keep their files: in memory, where the machine has room for them.

Most of what a test would wait for otherwise is a disk that syncs what is thrown away a moment later. Whether everything is synced in time
is judged by what a program asks of its system (gateway/tests/test_power_cut.py), which is the same in memory.
"""

import os
import tempfile
from pathlib import Path

IN_MEMORY = Path("/dev/shm")
# A run keeps some 300 MB at once; those that failed before stay there too.
LEAST_FREE_BYTES = 3 << 30


def use_folder_in_memory(folder: Path = IN_MEMORY) -> None:
    """For this process and all that it starts; unless somebody has chosen with TMPDIR."""
    if "TMPDIR" not in os.environ and has_room(folder):
        os.environ["TMPDIR"] = str(folder)
        tempfile.tempdir = None  # it may have been asked for before


def has_room(folder: Path) -> bool:
    """Whether it has, programs may be run from there, and this user may write there."""
    if not os.access(folder, os.W_OK | os.X_OK):
        return False
    found = os.statvfs(folder)
    return not found.f_flag & os.ST_NOEXEC and found.f_bavail * found.f_frsize >= LEAST_FREE_BYTES and _free_memory() >= LEAST_FREE_BYTES


def _free_memory() -> int:
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), 0)
