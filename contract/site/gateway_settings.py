# The settings of a gateway in its desired document: what the fleet may say otherwise than the gateway's own file, without a restart.
# What is not named is as gateway.toml says. What the keys mean: meanings.py.

from contract.faults import Fault, unknown
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


def faults(settings: object) -> "list[Fault]":
    """Every fault. An unknown key is not one: it is kept for a later version."""
    if not isinstance(settings, dict):
        return [Fault((), "an object", settings)]
    return number_faults(NUMBERS, settings)


def unknown_keys(settings: "dict[str, Any]") -> "list[Fault]":
    """Keys that no row of the table names: to be refused where a person types, kept where a machine passes on."""
    return unknown(settings, [row[0] for row in NUMBERS])


def asked(settings: object) -> "dict[str, int]":
    """What may be obeyed: the keys of the table that are without fault."""
    if not isinstance(settings, dict):
        return {}
    wrong = [fault.path[0] for fault in faults(settings)]
    return {row[0]: settings[row[0]] for row in NUMBERS if row[0] in settings and row[0] not in wrong}
