"""The glossary names things that exist, and the code does not name them by other words."""

import ast
import re

import pytest

from hil_tests.source_tree import CHECKOUT, sources

TEXT = (CHECKOUT / "docs" / "glossary.md").read_text()
# (term, meaning, lives in, words that are not used)
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TEXT.splitlines() if re.match(r"\| (?!term|---)", line)]
NOT_USED = sorted({word for row in ROWS for word in row[3].replace(",", " ").split()})


def classes(path: str | None = None) -> list[str]:
    found = [source for source in sources() if path in (None, source.path)]
    return [element.name for source in found for element in source.elements if isinstance(element, ast.ClassDef)]


def named_by(word: str, names: list[str]) -> list[str]:
    """Classes that have the word among the words of their name: `Roster` in `SourceRoster`, not in `RosterlessThing`."""
    return [name for name in names if re.search(rf"{word}(?![a-z])", name)]


def test_the_glossary_is_short_and_has_each_term_once() -> None:
    terms = [row[0] for row in ROWS]
    assert 35 <= len(terms) == len(set(terms)) <= 90


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_term_has_one_line_and_lives_where_the_glossary_says(row: list[str]) -> None:
    _, meaning, place, _ = row
    path, _, name = place.strip("`").partition(":")
    assert meaning and (CHECKOUT / path).is_file(), place
    assert not name or name in classes(path)


@pytest.mark.parametrize("word", NOT_USED)
def test_no_class_is_named_by_a_word_that_the_glossary_replaces(word: str) -> None:
    assert not named_by(word, classes())


def test_a_word_is_found_inside_a_name() -> None:
    assert named_by("Voice", ["StationVoice", "Voices", "Invoice", "VoiceBox"]) == ["StationVoice", "VoiceBox"]
