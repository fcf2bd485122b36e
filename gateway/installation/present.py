"""What an earlier installation has left on this machine, as far as the next one asks for it."""

import tomllib
from pathlib import Path
from typing import NamedTuple

from gateway.errors import ConfigurationError


class Present(NamedTuple):
    """What the configuration file says. `names`: to which the local page answers beside its addresses."""

    url: str
    plain_http: str
    names: str


def present_on(configuration: Path) -> Present | None:
    """None: there is no such file. Raises ConfigurationError."""
    try:
        document = tomllib.loads(configuration.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ConfigurationError([f"{configuration}: {error} -> correct it, or move it away, and install again"]) from error
    fleet, web = (section if isinstance(section := document.get(name), dict) else {} for name in ("fleet", "web"))
    url = fleet.get("url")
    if not isinstance(url, str):
        raise ConfigurationError([f"{configuration}: fleet.url is missing -> write it, or move the file away, and install again"])
    return Present(url, str(fleet.get("plain_http", "refused")), str(web.get("names", "")))
