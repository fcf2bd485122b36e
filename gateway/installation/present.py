"""What an earlier installation has left on this machine, as far as the next one asks for it."""

import tomllib
from pathlib import Path
from typing import NamedTuple

from gateway.errors import ConfigurationError


class FleetInUse(NamedTuple):
    url: str
    plain_http: str


def fleet_in_use(configuration: Path) -> FleetInUse | None:
    """What the configuration file says of the fleet; None: there is no such file. Raises ConfigurationError."""
    try:
        section = tomllib.loads(configuration.read_text(encoding="utf-8")).get("fleet", {})
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ConfigurationError([f"{configuration}: {error} -> correct it, or move it away, and install again"]) from error
    url = section.get("url") if isinstance(section, dict) else None
    if not isinstance(url, str):
        raise ConfigurationError([f"{configuration}: fleet.url is missing -> write it, or move the file away, and install again"])
    return FleetInUse(url, str(section.get("plain_http", "refused")))
