"""Pages of both services: nothing is inline, so that their policy can forbid it."""

import re
from pathlib import Path

import pytest

from hil_tests.source_tree import CHECKOUT

FLEET, GATEWAY = CHECKOUT / "fleet" / "pages" / "static", CHECKOUT / "gateway" / "web"


@pytest.mark.parametrize("path", [*(FLEET.parent / "templates").glob("*.html"), GATEWAY / "page.html"], ids=lambda path: path.name)
def test_a_page_has_no_script_and_no_style_inside(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.findall(r"<style|\sstyle=|\son\w+=|javascript:", text)
    assert not re.findall(r"<script(?![^>]*\ssrc=)", text)
