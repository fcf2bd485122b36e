"""A change of single keys: JSON merge patch (RFC 7396) of the settings of a node, in which sensors can be named by their slot. Pure.

{"period_ms": 5000}                              one key; the others stay
{"period_ms": null}                              its default from now on
{"sensors": {"0": {"poll_ms": 1000}}}            one key of the sensor in slot 0; the other sensors stay
{"sensors": {"3": {"part": "sps30", "port": 1}}} one more sensor, where slot 3 was empty
{"sensors": {"3": null}}                         the sensor in slot 3 is gone
{"sensors": [...]}                               all of them, as the RFC has it for lists
"""

from typing import Any

from contract.faults import Fault
from fleet.errors import InvalidError

# More than any slot has; of thousands Python makes no integer.
_MOST_DIGITS = 4


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7396, section 2. Neither argument is changed."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def patched(settings: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """settings: without faults; those that are returned may have some. Raises InvalidError on sensors whose key is no slot."""
    if not isinstance(patch.get("sensors"), dict):
        return dict(merge_patch(settings, patch))
    by_slot = {str(sensor["slot"]): sensor for sensor in settings.get("sensors", [])}
    merged = merge_patch({**settings, "sensors": by_slot}, patch)
    faults = [
        Fault(("settings", "sensors", slot), "the number of a slot, as in its sensor", slot)
        for slot, sensor in merged["sensors"].items()
        if not _is_of_slot(slot, sensor)
    ]
    if faults:
        raise InvalidError(*faults)
    return {**merged, "sensors": [_with_slot(slot, sensor) for slot, sensor in merged["sensors"].items()]}


def _is_of_slot(slot: str, sensor: Any) -> bool:
    if not (slot.isascii() and slot.isdigit() and len(slot) <= _MOST_DIGITS and str(int(slot)) == slot):
        return False
    return not isinstance(sensor, dict) or sensor.get("slot", int(slot)) == int(slot)


def _with_slot(slot: str, sensor: Any) -> Any:
    return {"slot": int(slot), **sensor} if isinstance(sensor, dict) else sensor
