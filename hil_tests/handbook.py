"""The commands of a handbook as a person copies them: blocks of ```sh, in their order, with the words of its table filled in. Pure."""

import re
from collections.abc import Mapping

_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(text: str) -> list[str]:
    return _BLOCK.findall(text)


def section(text: str, heading: str) -> str:
    """What stands below this heading, up to the next one; of several the first."""
    parts = re.split(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return next(body for title, body in zip(parts[1::2], parts[2::2], strict=True) if title == heading)


def placeholders(text: str) -> set[str]:
    """Words in capitals of the first column of its table."""
    rows = re.findall(r"^\| ([A-Z_, ]+) \|", text, re.MULTILINE)
    return {word.strip() for row in rows for word in row.split(",") if word.strip()}


def filled(block: str, words: Mapping[str, str]) -> str:
    """Longest words first, so that none is taken for the beginning of another. Quoted names of shell variables stay."""
    for word in sorted(words, key=len, reverse=True):
        block = re.sub(rf"(?<![\w$]){word}(?!\w)", words[word], block)
    return block


def one_by_one(block: str) -> str:
    """A script that runs all of it in one shell, and says which command failed and with what."""
    return "".join(
        f"{line} || echo 'FAILED' $? {_quoted(line)}\n" for line in block.splitlines() if line.strip() and not line.startswith("#")
    )


def failures(said: str) -> list[str]:
    return re.findall(r"^FAILED \d+ (.*)$", said, re.MULTILINE)


def _quoted(line: str) -> str:
    return "'" + line.replace("'", "'\\''") + "'"
