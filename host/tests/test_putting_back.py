"""A copy put in the place of a state: the old is moved aside, whatever is no part of it stays, and a cut is finished or forgotten."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from host.copies import archive
from host.copies.archive import ArchiveReader
from host.copies.manifest import FORMAT, Manifest
from host.copies.putting_back import RESTORING, Target, put_back
from host.errors import CopyError, RestoreError
from host.tests.killed_restore import contents, quiet
from host.tests.test_copies import SERVICE, make, put, state_in


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return make(tmp_path, identity_json=b"new", big_bin=bytes(3000), empty=b"")


def test_an_existing_state_is_kept_unless_asked_and_then_moved_aside(copy: Path, tmp_path: Path) -> None:
    state = state_in(tmp_path, identity_json=b"old", buffer_sqlite=b"old", lock=b"")
    with pytest.raises(RestoreError, match="--replace"):
        put(copy, state)
    assert contents(state)["identity.json"] == b"old"
    put(copy, state, replace=True)
    assert contents(state) == {"identity.json": b"new", "big.bin": bytes(3000), "empty": b"", "lock": b""}
    assert contents(state / "replaced-7") == {"identity.json": b"old", "buffer.sqlite": b"old"}


def test_what_is_no_part_of_a_state_stays_in_its_place(copy: Path, tmp_path: Path) -> None:
    """Such as on a disk of its own, fresh or with a hidden file of an administrator, and an earlier restore."""
    state = state_in(tmp_path)
    apart = {".trash", "lost+found", "replaced-3"}
    for name in apart:
        (state / name).mkdir()
    put(copy, state)
    assert {path.name for path in state.iterdir() if path.is_dir()} == apart
    put(copy, state, replace=True)
    assert {path.name for path in state.iterdir() if path.is_dir()} == {*apart, "replaced-7"}
    assert contents(state / "replaced-7").keys() == {"identity.json", "big.bin", "empty"}


def test_what_a_restore_that_was_cut_has_extracted_is_no_hindrance(copy: Path, tmp_path: Path) -> None:
    state = state_in(tmp_path)
    (state / RESTORING / "files/state").mkdir(parents=True)
    (state / RESTORING / "files/state/identity.json").write_bytes(b"half")
    put(copy, state)
    assert contents(state)["identity.json"] == b"new" and not (state / RESTORING).exists()


def test_of_a_copy_that_is_damaged_nothing_is_changed_not_even_what_a_cut_has_left(copy: Path, tmp_path: Path) -> None:
    state = state_in(tmp_path, identity_json=b"old")
    cut = state / RESTORING / "files/state"
    cut.mkdir(parents=True)
    (cut / "identity.json").write_bytes(b"of an earlier restore")
    (state / RESTORING / "commit").write_text('{"aside": "replaced-3", "old": ["identity.json"]}')
    copy.write_bytes(copy.read_bytes()[:-1])
    with pytest.raises(CopyError):
        put(copy, state, replace=True)
    assert contents(state) == {"identity.json": b"old"} and contents(cut) == {"identity.json": b"of an earlier restore"}


def test_what_the_service_adapts_counts_and_what_it_refuses_leaves_the_old(copy: Path, tmp_path: Path) -> None:
    state = state_in(tmp_path, identity_json=b"old")

    def refuse(staged: Path) -> None:
        raise CopyError("copy", "not for us")

    with pytest.raises(CopyError, match="not for us"):
        put_back(ArchiveReader(copy, SERVICE), Target(state, {}, refuse), 7, quiet, replace=True)
    assert contents(state) == {"identity.json": b"old"}

    def adapt(staged: Path) -> None:
        (staged / "identity.json").write_bytes(b"adapted")

    put_back(ArchiveReader(copy, SERVICE), Target(state, {}, adapt), 7, quiet, replace=True)
    assert contents(state)["identity.json"] == b"adapted"


# As the kernel has them: every byte but / and NUL.
NAMES = [
    "备份\u3000旧.tar",
    "no\u00a0break",
    "two\nlines",
    "\x1b[31m",
    "\u202egnp",
    " ",
    "~",
    "-rf",
    "a\\b",
    '"',
    os.fsdecode(b"GBK \xb1\xb8"),
    "é" * 127,
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_state_with_a_file_of_any_name_is_moved_aside(copy: Path, tmp_path: Path, name: str) -> None:
    state = state_in(tmp_path)
    (state / name).write_bytes(b"old")
    with pytest.raises(RestoreError, match="--replace") as refused:
        put(copy, state)
    assert str(refused.value).isprintable()
    put(copy, state, replace=True)
    assert contents(state) == {"identity.json": b"new", "big.bin": bytes(3000), "empty": b""}
    assert contents(state / "replaced-7") == {name: b"old"}


def test_a_mark_that_names_another_place_is_refused(copy: Path, tmp_path: Path) -> None:
    state = state_in(tmp_path)
    (state / RESTORING / "files" / "state").mkdir(parents=True)
    names = ("../x", "..", ".", "", ".x", "/etc/passwd", "a/b", "a\0b", "lock", "restoring", "replaced-", "replaced-3/..", "lost+found")
    documents = [{"aside": name, "old": []} for name in names] + [{"aside": "replaced-3", "old": ["y", name]} for name in names]
    for document in (*documents, {"aside": "y", "old": []}, {"aside": "replaced-3"}, {"aside": 3, "old": []}, []):
        (state / RESTORING / "commit").write_text(json.dumps(document))
        with pytest.raises(RestoreError, match="move restoring away"):
            put(copy, state)


@pytest.mark.hil
def test_a_kill_at_any_change_leaves_the_old_state_or_the_new(tmp_path: Path) -> None:
    made = tmp_path / "copied"
    state = made / "origin"
    state.mkdir(mode=0o700, parents=True)
    for name in ("buffer.sqlite", "identity.json"):
        (state / name).write_bytes(b"new")
    own = made / "own.conf"
    own.write_bytes(b"new configuration")
    sources = {f"state/{path.name}": path for path in sorted(state.iterdir())} | {"configuration/own.conf": own}
    manifest = Manifest(FORMAT, SERVICE, "gw", "1.0", 5, [archive.describe(name, path) for name, path in sources.items()])
    archive.write(tmp_path / "copy.tar", manifest, sources, quiet)
    (tmp_path / "runs").mkdir()
    program = [sys.executable, "-m", "host.tests.killed_restore", str(tmp_path / "copy.tar"), str(tmp_path / "runs")]
    ended = subprocess.run(
        program, capture_output=True, text=True, timeout=120, check=False, cwd=Path(__file__).parents[2], env={**os.environ}
    )
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) > 15
