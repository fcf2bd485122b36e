"""A configuration file in TOML, and what is wrong with it in one line that says what to do."""

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from host.errors import UnreadableError

_MOST_BYTES = 1 << 20


class ReadBy(NamedTuple):
    """Who reads it: the program, its user, and how else it shows its keys."""

    program: str
    user: str
    keys: str


def read_toml(path: Path, reader: ReadBy) -> dict[str, Any]:
    """Raises UnreadableError. What may stand in it is not judged here."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:  # cut, it would say something else
            raise UnreadableError(str(path), f"more than {_MOST_BYTES} bytes -> --config names another file")
        return tomllib.loads(content.decode("utf-8"))
    except FileNotFoundError as error:
        raise UnreadableError(str(path), f"no such file; --config names another, {reader.program} install writes one") from error
    except PermissionError as error:
        raise UnreadableError(str(path), f"you may not read it -> run as its owner: sudo -u {reader.user} {reader.program} ...") from error
    except OSError as error:
        raise UnreadableError(str(path), f"{error.strerror} -> --config names another file") from error
    except UnicodeDecodeError as error:
        raise UnreadableError(str(path), f"no text in UTF-8 -> put back a copy ({reader.program} restore), or write it anew") from error
    except tomllib.TOMLDecodeError as error:
        raise UnreadableError(str(path), f"{error} -> correct it there; {reader.keys}") from error
    except RecursionError as error:
        raise UnreadableError(str(path), "lists within lists within lists -> correct it") from error
