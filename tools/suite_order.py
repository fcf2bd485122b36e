"""In which order test files are run: the longest first, so that no core idles beside the last one. Pure.

Files are handed out whole (`--dist loadfile`), because what they start is started once a file.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

# Seconds of a file by itself, roughly; only their order matters. Files that are not listed take less than the shortest here.
SECONDS: dict[str, float] = {}


def longest_first(tests: Sequence[T], seconds: Callable[[T], float]) -> list[T]:
    """Tests of one file stay in their order; files that take equally long, too."""
    return sorted(tests, key=seconds, reverse=True)
