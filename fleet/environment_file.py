"""The file of options that `airgrid-fleet install` writes and people edit. Read by the service itself, so that one reader judges it.

AIRGRID_FLEET_PORT=8080        one option a line; blank lines and lines that begin with "#" count for nothing
"""

from pathlib import Path

from fleet.errors import ConfigurationError

FILE = Path("/etc/airgrid/fleet.env")
_MOST_BYTES = 1 << 20


def read_options(path: Path, prefix: str) -> dict[str, str]:
    """Option by its name without the prefix, in small letters. Raises ConfigurationError with every line that is wrong."""
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES).decode("utf-8")
    except PermissionError as error:
        raise ConfigurationError([f"{path}: not readable by this user: run it as root, or with sudo -u airgrid-fleet"]) from error
    except OSError as error:
        raise ConfigurationError([f"{path}: {error.strerror} -> --config names another file"]) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError([f"{path}: no text in UTF-8 -> put back a copy (airgrid-fleet restore), or write it anew"]) from error
    found: dict[str, str] = {}
    faults = []
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        name, equals, value = stripped.partition("=")
        if not equals or not name.startswith(prefix) or name != name.upper():
            faults.append(f"{path}, line {number}: must be {prefix}NAME=value, not {stripped[:60]!r}")
        elif name.removeprefix(prefix).lower() in found:
            faults.append(f"{path}, line {number}: {name} stands there twice")
        else:
            found[name.removeprefix(prefix).lower()] = value
    if faults:
        raise ConfigurationError(faults)
    return found
