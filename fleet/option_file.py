"""The file of options, in TOML, that `airgrid-fleet install` writes and people edit. The service itself reads it: one reader judges it.

port = 8080
"""

import tomllib
from pathlib import Path
from typing import Any

from fleet.errors import ConfigurationError

FILE = Path("/etc/airgrid/fleet.toml")
_MOST_BYTES = 1 << 20


def read_options(path: Path) -> dict[str, Any]:
    """By name, as TOML has them; which names and values there may be is not judged here. Raises ConfigurationError."""
    try:
        with path.open("rb") as file:
            return tomllib.loads(file.read(_MOST_BYTES).decode("utf-8"))
    except PermissionError as error:
        raise ConfigurationError([f"{path}: not readable by this user: run it as root, or with sudo -u airgrid-fleet"]) from error
    except OSError as error:
        raise ConfigurationError([f"{path}: {error.strerror} -> --config names another file"]) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError([f"{path}: no text in UTF-8 -> put back a copy (airgrid-fleet restore), or write it anew"]) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([f"{path}: {error} -> correct it there: name = value, text in quotes"]) from error
    except RecursionError as error:
        raise ConfigurationError([f"{path}: lists within lists within lists -> correct it"]) from error
