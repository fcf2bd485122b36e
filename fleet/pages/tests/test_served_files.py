"""A fleet service whose pages would be broken does not start, and its sentence is what to do."""

import shutil
from pathlib import Path

import pytest

from fleet.errors import PageFilesError
from fleet.pages import served_files

PAGES = Path(served_files.__file__).parent


def test_everything_that_the_templates_ask_for_is_there() -> None:
    served_files.require_served_files()


@pytest.mark.parametrize("name", ["vendor/uPlot.iife.min.js", "vendor/uPlot.min.css", "live.js", "airgrid.css"])
def test_a_missing_file_of_the_pages_is_named_with_what_to_do(tmp_path: Path, name: str) -> None:
    for folder in ("templates", "static"):
        shutil.copytree(PAGES / folder, tmp_path / folder)
    (tmp_path / "static" / name).unlink()
    with pytest.raises(PageFilesError, match="make setup") as refused:
        served_files.require_served_files(tmp_path)
    assert refused.value.names == [name] and name in str(refused.value)
