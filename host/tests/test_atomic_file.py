"""A file and a link are replaced whole; what a killed run has left beside them is no fault."""

import os
from pathlib import Path

from host.atomic_file import replace_file, replace_link


def test_a_link_leads_to_its_new_target_also_after_a_run_that_was_cut(tmp_path: Path) -> None:
    link = tmp_path / "current"
    (tmp_path / "current.new").symlink_to("half")
    for target in ("first", "second"):
        replace_link(link, Path(target))
        assert link.readlink() == Path(target)
    assert os.listdir(tmp_path) == ["current"]  # noqa: PTH208 - a link that leads nowhere, too


def test_a_file_has_its_mode_and_content_also_after_a_run_that_was_cut(tmp_path: Path) -> None:
    path = tmp_path / "file"
    (tmp_path / "file.new").write_text("half")
    replace_file(path, b"whole", 0o600)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"whole", 0o600)
    assert [found.name for found in tmp_path.iterdir()] == ["file"]
