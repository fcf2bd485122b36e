"""A record of a key is whole or not there, and a file that cannot take one is named before anything is written."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from technician import record_file
from technician.errors import ProvisionError

ENTRY = {"id": "n-1", "gateway": "g-1", "site": "s-1", "key": "ab" * 32}
# A disk that is full after half a line: the limit of a file's size, which only a process of its own can have.
HALF = """
import signal, sys
from pathlib import Path
from technician import record_file
from technician.errors import ProvisionError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    record_file.append(Path(sys.argv[1]), {"id": "n-2", "key": "cd" * 32})
except ProvisionError as error:
    print(error)
"""


def test_a_record_is_a_line_that_only_its_owner_reads(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    record_file.append(path, ENTRY)
    record_file.append(path, {**ENTRY, "id": "n-2"})
    assert [entry["id"] for entry in record_file.read(path)] == ["n-1", "n-2"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_half_a_line_does_not_stay_where_the_disk_is_full(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    record_file.append(path, ENTRY)
    size = path.stat().st_size

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, size + 20))

    ended = subprocess.run([sys.executable, "-c", HALF, str(path)], preexec_fn=limit, capture_output=True, text=True, check=True)
    assert "cannot be written: File too large" in ended.stdout and "Next: " in ended.stdout
    assert record_file.read(path) == [ENTRY]


@pytest.mark.parametrize(
    ("name", "told"),
    [(".", "a file; this is a folder"), ("nowhere/r", "there is no "), ("file/r", "there is no "), ("new", ""), ("file", "")],
)
def test_a_file_that_can_take_no_record_is_told_before(name: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = [fault.allowed for fault in record_file.faults(tmp_path / name)]
    assert (told in found[0]) if told else not found


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"\xff", "no record file"), (b"{", "line 1"), (b"[" * 100_000, "line 1"), (json.dumps({"id": "n-1"}).encode(), "line 1")],
)
def test_what_is_no_record_file_is_told(content: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(content)
    with pytest.raises(ProvisionError, match=told) as refused:
        record_file.read(tmp_path / "r")
    assert refused.value.next_step


def test_a_record_file_that_is_not_there_is_told() -> None:
    with pytest.raises(ProvisionError, match=os.strerror(2)):
        record_file.read(Path("/nowhere/r"))


def test_a_record_is_on_the_disk_before_the_board_gets_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[bytes] = []
    fsync = os.fsync

    def seen(descriptor: int) -> None:
        synced.append((tmp_path / "records").read_bytes())
        fsync(descriptor)

    monkeypatch.setattr("os.fsync", seen)
    record_file.append(tmp_path / "records", {"id": "n-1"})
    assert synced == [b'{"id":"n-1"}\n']
