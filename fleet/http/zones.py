"""Time zones by their names, from the data of the machine, else of the package tzdata."""

from functools import lru_cache
from zoneinfo import ZoneInfo


@lru_cache(1024)
def zone_of(name: str) -> ZoneInfo | None:
    """None of a name that no time zone has."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
