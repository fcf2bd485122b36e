"""docs/protocol.md says what the contract's tables say."""

import re

import pytest

from tools.protocol_doc import DOCUMENT, TABLES, main, render

_TEXT = DOCUMENT.read_text(encoding="utf-8")


def test_the_document_is_not_stale() -> None:
    assert render(_TEXT) == _TEXT, "run: python -m tools.protocol_doc"
    assert main(["--check"]) == 0


def test_every_table_is_in_the_document_once() -> None:
    assert sorted(re.findall(r"<!-- table: (\w+) -->", _TEXT)) == sorted(TABLES)


def test_a_changed_table_would_be_noticed() -> None:
    assert render(_TEXT.replace("| 10000 | length of a report", "| 9000 | length of a report")) == _TEXT
    assert render(_TEXT.replace("`pm2_5_atm`", "`pm25`")) == _TEXT


def test_a_name_that_is_no_table_is_an_error() -> None:
    with pytest.raises(KeyError):
        render("<!-- table: nothing -->\n<!-- end -->")


def test_every_link_inside_the_document_has_its_heading() -> None:
    headings = {
        re.sub(r"[^\w\- ]", "", line.lstrip("# ").lower()).strip().replace(" ", "-") for line in _TEXT.splitlines() if line.startswith("#")
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", _TEXT)) <= headings
