"""Copies of a service: whole, as of one moment, readable by their owner only; and anything else is refused before it does harm."""

import hashlib
import io
import json
import os
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from host.copies.archive import ArchiveReader
from host.copies.making import Origin, make_copy
from host.copies.manifest import FORMAT, CopiedFile, Manifest, encoded
from host.copies.putting_back import RESTORING, Target, put_back
from host.errors import CopyError
from host.tests.killed_restore import contents, quiet

SERVICE = "x"


def make(folder: Path, **files: bytes) -> Path:
    """A copy of a state with these files and a configuration."""
    state = folder / "origin"
    state.mkdir(mode=0o700, parents=True)
    for name, content in files.items():
        (state / name.replace("_", ".")).write_bytes(content)
    own = folder / "own.conf"
    own.write_bytes(b"new configuration")
    make_copy(Origin(SERVICE, "gw", "1.0", state, frozenset({"lock"}), {"own.conf": own}), folder / "copy.tar", 5, quiet)
    return folder / "copy.tar"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return make(tmp_path, identity_json=b"new", big_bin=bytes(3000), empty=b"", lock=b"", other_new=b"unfinished")


def state_in(folder: Path, **files: bytes) -> Path:
    state = folder / "state"
    state.mkdir(mode=0o700)
    for name, content in files.items():
        (state / name.replace("_", ".")).write_bytes(content)
    return state


def put(copy: Path, state: Path, *, replace: bool = False, configuration: Path | None = None) -> None:
    own = {"own.conf": configuration} if configuration else {}
    put_back(ArchiveReader(copy, SERVICE), Target(state, own), 7, quiet, replace=replace)


@pytest.mark.parametrize("name", ["备份\u3000旧.tar", "a b", "-rf", "two\nlines", os.fsdecode(b"GBK \xb1\xb8"), "a" * 81], ids=ascii)
def test_a_file_that_a_copy_cannot_have_is_named_before_anything_is_copied(tmp_path: Path, name: str) -> None:
    state = state_in(tmp_path, identity_json=b"new")
    (state / name).touch()
    with pytest.raises(CopyError, match="move it out of the state folder") as refused:
        make_copy(Origin(SERVICE, "gw", "1.0", state, frozenset(), {}), tmp_path / "copy.tar", 5, quiet)
    assert str(refused.value).isprintable()
    assert {path.name for path in tmp_path.iterdir()} == {"state"}


def test_a_hidden_file_is_no_part_of_a_state(tmp_path: Path) -> None:
    state = state_in(tmp_path, identity_json=b"new")
    (state / ".bash_history").touch()
    made = make_copy(Origin(SERVICE, "gw", "1.0", state, frozenset(), {}), tmp_path / "copy.tar", 5, quiet)
    assert [file.path for file in made.files] == ["state/identity.json"]


def test_what_was_copied_comes_back_and_is_its_owners_only(copy: Path, tmp_path: Path) -> None:
    assert copy.stat().st_mode & 0o777 == 0o600
    state, configuration = state_in(tmp_path), tmp_path / "restored.conf"
    put(copy, state, configuration=configuration)
    assert contents(state) == {"identity.json": b"new", "big.bin": bytes(3000), "empty": b""}
    assert {path.stat().st_mode & 0o777 for path in state.iterdir()} == {0o600}
    assert configuration.read_bytes() == b"new configuration"
    assert not (state / RESTORING).exists()


def test_the_manifest_says_whose_copy_it_is_and_of_when(copy: Path) -> None:
    manifest = ArchiveReader(copy, SERVICE).manifest
    assert (manifest.service, manifest.name, manifest.version, manifest.made_ms) == (SERVICE, "gw", "1.0", 5)


def test_any_tar_program_reads_it(copy: Path) -> None:
    with tarfile.open(copy, "r:") as opened:
        names = opened.getnames()
    assert names == ["manifest.json", "state/big.bin", "state/empty", "state/identity.json", "configuration/own.conf"]


def test_a_file_that_is_there_is_not_overwritten(copy: Path, tmp_path: Path) -> None:
    before = copy.read_bytes()
    with pytest.raises(CopyError, match="is there already"):
        make_copy(Origin(SERVICE, "gw", "1.0", tmp_path / "origin", frozenset(), {}), copy, 5, quiet)
    assert copy.read_bytes() == before


WRITER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
connection.execute("PRAGMA journal_mode = WAL")
connection.execute("PRAGMA synchronous = OFF")
connection.execute("CREATE TABLE a (n INTEGER, filler BLOB)")
connection.execute("CREATE TABLE b (n INTEGER)")
n = 0
while True:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO a VALUES (?, randomblob(20000))", (n,))
    connection.execute("INSERT INTO b VALUES (?)", (n,))
    connection.execute("COMMIT")
    n += 1
    if n == 3000:
        print("ready", flush=True)
"""


@pytest.mark.hil
def test_a_database_that_is_written_all_the_time_is_copied_as_of_one_moment(tmp_path: Path) -> None:
    state = state_in(tmp_path)
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(state / "buffer.sqlite")], stdout=subprocess.PIPE, text=True)
    try:
        assert writer.stdout is not None and writer.stdout.readline() == "ready\n"
        done: list[int] = []
        origin = Origin(SERVICE, "gw", "1.0", state, frozenset(), {})
        make_copy(origin, tmp_path / "copy.tar", 5, lambda what, at, total: done.append(at) if what == "copy" else None)
        assert done == sorted(done), "it began again because others wrote"
        assert writer.poll() is None
    finally:
        writer.kill()
        writer.wait()
    restored = tmp_path / "restored"
    restored.mkdir(mode=0o700)
    put(tmp_path / "copy.tar", restored)
    assert contents(restored).keys() == {"buffer.sqlite"}
    connection = sqlite3.connect(restored / "buffer.sqlite")
    (count, last), (count_b, last_b) = (connection.execute(f"SELECT count(*), max(n) FROM {name}").fetchone() for name in "ab")
    connection.close()
    assert count == last + 1 == count_b == last_b + 1 >= 3000


def test_a_damaged_database_is_not_copied_and_nothing_is_left_behind(tmp_path: Path) -> None:
    state = state_in(tmp_path, buffer_sqlite=b"no database" * 1000)
    with pytest.raises(CopyError, match="buffer"):
        make_copy(Origin(SERVICE, "gw", "1.0", state, frozenset(), {}), tmp_path / "copy.tar", 5, quiet)
    assert {path.name for path in tmp_path.iterdir()} == {"state"}


def test_a_cut_at_any_place_is_refused_and_nothing_is_touched(copy: Path, tmp_path: Path) -> None:
    whole, state = copy.read_bytes(), state_in(tmp_path, identity_json=b"old")
    short = tmp_path / "short.tar"
    for length in [*range(0, len(whole), 256), len(whole) - 1]:
        short.write_bytes(whole[:length])
        with pytest.raises(CopyError):
            put(short, state, replace=True)
    assert contents(state) == {"identity.json": b"old"} and not (state / RESTORING).exists()


def test_a_changed_byte_is_refused_or_changes_nothing_that_is_put_back(copy: Path, tmp_path: Path, seed: int) -> None:
    whole, random = copy.read_bytes(), Random(seed)
    damaged = tmp_path / "damaged.tar"
    for at in random.sample(range(len(whole)), 300):
        damaged.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << random.randrange(8))]) + whole[at + 1 :])
        state = tmp_path / f"state-{at}"
        state.mkdir(mode=0o700)
        try:
            put(damaged, state)
        except CopyError:
            assert list(state.iterdir()) == []
        else:  # a date in the manifest, a mode in a header
            assert contents(state) == {"identity.json": b"new", "big.bin": bytes(3000), "empty": b""}


def hand_made(
    path: Path, *members: tuple[tarfile.TarInfo, bytes], files: list[CopiedFile] | None = None, format_: int = tarfile.GNU_FORMAT
) -> None:
    described = [CopiedFile(info.name, len(content), hashlib.sha256(content).hexdigest()) for info, content in members]
    content = encoded(Manifest(FORMAT, SERVICE, "gw", "1.0", 5, described if files is None else files))
    with tarfile.open(path, "w", format=format_) as out:
        out.addfile(plain("manifest.json", content), io.BytesIO(content))
        for info, member in members:
            out.addfile(info, io.BytesIO(member))


def plain(name: str, content: bytes = b"x", **fields: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info


SHA_X = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
HOSTILE: dict[str, Callable[[Path], object]] = {
    "another place": lambda path: hand_made(path, (plain("../../etc/passwd"), b"x")),
    "an absolute place": lambda path: hand_made(path, (plain("/etc/passwd"), b"x")),
    "another place below the state": lambda path: hand_made(path, (plain("state/../../x"), b"x")),
    "a folder below": lambda path: hand_made(path, (plain("state/a/b"), b"x")),
    "a hidden name": lambda path: hand_made(path, (plain("state/.x"), b"x")),
    "a link": lambda path: hand_made(path, (plain("state/x", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd"), b"")),
    "a hard link": lambda path: hand_made(path, (plain("state/x", b"", type=tarfile.LNKTYPE, linkname="/etc/passwd"), b"")),
    "a folder": lambda path: hand_made(path, (plain("state/x", b"", type=tarfile.DIRTYPE), b"")),
    "a device": lambda path: hand_made(path, (plain("state/x", b"", type=tarfile.CHRTYPE), b"")),
    "a file twice": lambda path: hand_made(path, (plain("state/x"), b"x"), (plain("state/x"), b"x")),
    "a file that the manifest does not name": lambda path: hand_made(path, (plain("state/x"), b"x"), files=[]),
    "a file more": lambda path: hand_made(
        path, (plain("state/x"), b"x"), (plain("state/y"), b"x"), files=[CopiedFile("state/x", 1, SHA_X)]
    ),
    "a file less": lambda path: hand_made(path, files=[CopiedFile("state/x", 1, SHA_X)]),
    "a size that nothing has": lambda path: hand_made(path, (plain("state/x"), b"x"), files=[CopiedFile("state/x", 1 << 60, SHA_X)]),
    "a negative size": lambda path: hand_made(path, (plain("state/x"), b"x"), files=[CopiedFile("state/x", -1, SHA_X)]),
    "a long header": lambda path: hand_made(
        path, (plain("state/x", pax_headers={"comment": "y" * 5000}), b"x"), format_=tarfile.PAX_FORMAT
    ),
    "too many files": lambda path: hand_made(path, files=[CopiedFile(f"state/x{n}", 0, "0" * 64) for n in range(1001)]),
    "a manifest without an end": lambda path: path.write_bytes(plain("manifest.json", size=1 << 40).tobuf() + bytes(5000)),
    "another program's archive": lambda path: tarfile.open(path, "w").close(),
    "a packed archive": lambda path: tarfile.open(path, "w:gz").close(),
    "a text": lambda path: path.write_text("hello"),
    "nothing": lambda path: path.write_bytes(b""),
    "a manifest of something else": lambda path: path.write_bytes(plain("manifest.json", b"[]").tobuf() + b"[]" + bytes(1534)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_copy_of_ours_is_refused_whole(name: str, tmp_path: Path) -> None:
    HOSTILE[name](tmp_path / "copy.tar")
    state = state_in(tmp_path, identity_json=b"old")
    with pytest.raises(CopyError):
        put(tmp_path / "copy.tar", state, replace=True)
    assert contents(state) == {"identity.json": b"old"} and not (state / RESTORING).exists()


def test_a_hand_made_archive_that_is_right_is_taken(tmp_path: Path) -> None:
    """Else the cases above might be refused for another reason than theirs."""
    hand_made(tmp_path / "copy.tar", (plain("state/x"), b"x"))
    state = state_in(tmp_path)
    put(tmp_path / "copy.tar", state)
    assert contents(state) == {"x": b"x"}


def test_the_copy_of_another_service_is_refused(copy: Path) -> None:
    with pytest.raises(CopyError, match="copy of x, not of y"):
        ArchiveReader(copy, "y")


def test_a_copy_in_a_later_format_is_refused(tmp_path: Path) -> None:
    content = json.dumps(json.loads(encoded(Manifest(FORMAT + 1, SERVICE, "gw", "1.0", 5, [CopiedFile("state/x", 1, SHA_X)])))).encode()
    (tmp_path / "copy.tar").write_bytes(plain("manifest.json", content).tobuf() + content + bytes(2000))
    with pytest.raises(CopyError, match="format 2"):
        ArchiveReader(tmp_path / "copy.tar", SERVICE)
