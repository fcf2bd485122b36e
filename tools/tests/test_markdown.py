"""Wrapping of Markdown: what is too long, and nothing else."""

import pytest

from tools.markdown import COLUMNS, wrapped

LONG = "word " * 40


def test_a_long_paragraph_is_wrapped_and_a_short_one_is_left_as_it_is() -> None:
    lines = wrapped(f"short\nlines\n\n{LONG.strip()}\n").split("\n")
    assert lines[:3] == ["short", "lines", ""]
    assert max(map(len, lines)) <= COLUMNS
    assert " ".join(lines[3:]).split() == LONG.split()


def test_items_of_a_list_keep_their_indentation() -> None:
    assert wrapped(f"- {LONG.strip()}\n- next") == f"- {('word ' * 23).strip()}\n  {('word ' * 17).strip()}\n- next"


@pytest.mark.parametrize("kept", ["| a | " + LONG + "|", "# " + LONG, "```\n" + LONG + "\n```", "![](" + "x" * 130 + ")", "x" * 130])
def test_what_cannot_be_wrapped_is_left(kept: str) -> None:
    assert wrapped(kept) == kept


def test_what_was_wrapped_stays_as_it_is() -> None:
    once = wrapped(f"- {LONG}\n\n{LONG}\n{LONG}\n")
    assert wrapped(once) == once
