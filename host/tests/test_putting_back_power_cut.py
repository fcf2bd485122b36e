"""A power cut in a restore leaves the old state or the new, and beside the new the old, whatever the disk still had to write."""

from pathlib import Path

import pytest

from host.copies.archive import ArchiveReader
from host.copies.making import Origin, make_copy
from host.copies.putting_back import Target, put_back
from host.tests.cut_disk import make, record, trees_after_cuts
from host.tests.killed_restore import State, judge, quiet

OLD = {"buffer.sqlite": b"old", "buffer.sqlite-wal": b"old log", "identity.json": b"old"}
NEW = {"buffer.bin": b"new", "identity.json": b"new"}


@pytest.mark.parametrize(
    "old",
    [(OLD, b"old configuration"), ({}, b"old configuration"), (OLD, None), ({}, None)],
    ids=["both", "only the configuration", "only the state", "a new machine"],
)
def test_a_power_cut_at_any_change_leaves_the_old_state_or_the_new(old: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    origin, root, own = tmp_path / "origin", tmp_path / "machine", tmp_path / "own.conf"
    make(dict(NEW), origin)
    own.write_bytes(b"new configuration")
    make_copy(Origin("x", "gw", "1.0", origin, frozenset(), {"own.conf": own}), tmp_path / "copy.tar", 5, quiet)
    files, configuration = old
    make({"state": None, "etc": None, **{f"state/{name}": content for name, content in files.items()}}, root)
    make({} if configuration is None else {"etc/own.conf": configuration}, root)
    target = Target(root / "state", {"own.conf": root / "etc/own.conf"})
    trees = trees_after_cuts(record(root, lambda: put_back(ArchiveReader(tmp_path / "copy.tar", "x"), target, 1, quiet, replace=True)))
    assert len(trees) > 30
    monkeypatch.setattr("os.fsync", lambda descriptor: None)  # only what is found there counts now
    for number, tree in enumerate(trees):
        found = tmp_path / str(number)
        make(tree, found)
        judge(found / "state", found / "etc/own.conf", old, (NEW, b"new configuration"))
