"""An output that is a file with "1" or "0" in it: for tests, the demo, and sites whose own programs drive their siren."""

from pathlib import Path

from gateway.errors import OutputError


class VirtualPin:
    def __init__(self, path: Path) -> None:
        self._path = path

    def set(self, is_on: bool) -> None:
        try:
            self._path.write_text("1\n" if is_on else "0\n")
        except OSError as error:
            raise OutputError(str(self._path), str(error)) from error
