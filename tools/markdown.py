"""Markdown: tables, and text with lines of bounded length.

    python -m tools.markdown FILE ...    wraps what is longer, in place

Left as they are: code, tables, headings, comments and pictures, which cannot be wrapped.
"""

import re
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path

COLUMNS = 120
_ITEM = re.compile(r"^\s*(?:[-*]|\d+\.)\s+")
_KEPT = re.compile(r"^\s*(?:#|\||<!--|!\[|$)")


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *([_cell(value) for value in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def wrapped(text: str) -> str:
    """The text with each paragraph and list item that has too long a line wrapped anew; the others stay as they are."""
    lines: list[str] = []
    paragraph: list[str] = []
    in_code = False
    for line in text.split("\n"):
        is_fence = line.lstrip().startswith("```")
        kept = is_fence or in_code or _KEPT.match(line) or (line.startswith("    ") and not paragraph and not _ITEM.match(line))
        if kept or _ITEM.match(line):
            lines += _filled(paragraph)
            paragraph = []
        in_code ^= is_fence
        if kept:
            lines.append(line)
        else:
            paragraph.append(line)
    return "\n".join(lines + _filled(paragraph))


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def _filled(paragraph: list[str]) -> list[str]:
    if all(len(line) <= COLUMNS for line in paragraph):
        return paragraph
    item = _ITEM.match(paragraph[0])
    lead = item[0] if item else re.split(r"\S", paragraph[0], maxsplit=1)[0]
    words = " ".join([paragraph[0][len(lead) :].strip(), *(line.strip() for line in paragraph[1:])])
    after = " " * len(lead)
    return textwrap.wrap(words, COLUMNS, initial_indent=lead, subsequent_indent=after, break_long_words=False, break_on_hyphens=False)


def main(paths: list[str]) -> int:
    for path in map(Path, paths):
        path.write_text(wrapped(path.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
