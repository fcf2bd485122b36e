"""The power goes, as far as files are concerned: nothing is changed from some change on."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class PowerCutError(BaseException):
    """Nothing that handles errors handles it."""


class _Cuts:
    """Ends, before it is done, the n-th change of a file whose path has this start, by the interpreter's own word on what it does."""

    def __init__(self) -> None:
        self.start = ""
        self.left = -1
        sys.addaudithook(self._watch)

    def _watch(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.left < 0 or event not in ("os.rename", "os.remove", "open") or not str(arguments[0]).startswith(self.start):
            return
        if event == "open" and not arguments[2] & os.O_WRONLY:
            return
        if self.left == 0:
            raise PowerCutError
        self.left -= 1

    @contextmanager
    def after(self, start: str, changes: int) -> Iterator[None]:
        self.start, self.left = start, changes
        try:
            yield
        finally:
            self.left = -1


CUTS = _Cuts()
