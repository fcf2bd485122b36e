"""The file of options, in TOML, that `airgrid-fleet install` writes and people edit. The service itself reads it: one reader judges it.

port = 8080
"""

from pathlib import Path
from typing import Any

from fleet.errors import ConfigurationError
from host.errors import UnreadableError
from host.toml_file import ReadBy, read_toml

FILE = Path("/etc/airgrid/fleet.toml")
_READER = ReadBy("airgrid-fleet", "airgrid-fleet", "name = value, text in quotes; docs/configuration.md has every option")


def read_options(path: Path) -> dict[str, Any]:
    """By name, as TOML has them; which names and values there may be is not judged here. Raises ConfigurationError."""
    try:
        return read_toml(path, _READER)
    except UnreadableError as error:
        raise ConfigurationError([str(error)]) from error
