# The settings of a gateway in its desired document: what the fleet may say otherwise than the gateway's own file, without a restart.
# What is not named is as gateway.toml says. What the keys mean: meanings.py.

from contract.profiles import number_faults

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know this name
if TYPE_CHECKING:
    from typing import Any

_OF_THE_FILE = "as gateway.toml says"
# key, unit, default, least, greatest
NUMBERS = (
    ("report_interval_s", "s", _OF_THE_FILE, 1, 86400),
    ("trial_s", "s", _OF_THE_FILE, 60, 86400),
    ("history_bytes_per_s", "bytes/s", _OF_THE_FILE, 0, 1 << 30),
)


def faults(settings: object) -> "list[tuple[str, str]]":
    """Every fault, as (path, what is allowed). An unknown key is none: it is kept for a later version."""
    if not isinstance(settings, dict):
        return [("$", "an object")]
    return number_faults(NUMBERS, settings)


def unknown_keys(settings: "dict[str, Any]") -> "list[str]":
    """Paths that no row of the table names: to be refused where a person types, kept where a machine passes on."""
    return ["." + key for key in settings if key not in [row[0] for row in NUMBERS]]


def asked(settings: object) -> "dict[str, int]":
    """What may be obeyed: the keys of the table that are without fault."""
    wrong = [path[1:] for path, _ in faults(settings)]
    return {row[0]: settings[row[0]] for row in NUMBERS if row[0] in settings and row[0] not in wrong} if isinstance(settings, dict) else {}
