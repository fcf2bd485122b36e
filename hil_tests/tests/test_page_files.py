"""What both pages share is a copy in each package, because neither may import the other: the copies are the same."""

import re
from pathlib import Path

import pytest

from hil_tests.source_tree import CHECKOUT

FLEET, GATEWAY = CHECKOUT / "fleet" / "pages" / "static", CHECKOUT / "gateway" / "web"


@pytest.mark.parametrize("name", ["house.css", "fresh.js", "times.js"])
def test_shared_files_of_the_pages_are_the_same(name: str) -> None:
    assert (FLEET / name).read_bytes() == (GATEWAY / name).read_bytes(), f"{name}: change both"


@pytest.mark.parametrize("path", [*(FLEET.parent / "templates").glob("*.html"), GATEWAY / "page.html"], ids=lambda path: path.name)
def test_a_page_has_no_script_and_no_style_inside(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.findall(r"<style|\sstyle=|\son\w+=|javascript:", text)
    assert not re.findall(r"<script(?![^>]*\ssrc=)", text)
