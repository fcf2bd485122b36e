"""A change of single keys: JSON merge patch (RFC 7396) of the settings of a node, in which sensors can be named by their slot, and of the
sections of a gateway's configuration, in which entries can be named as their section names them. Pure.

{"period_ms": 5000}                              one key; the others stay
{"period_ms": null}                              its default from now on
{"sensors": {"0": {"poll_ms": 1000}}}            one key of the sensor in slot 0; the other sensors stay
{"sensors": {"3": {"part": "sps30", "port": 1}}} one more sensor, where slot 3 was empty
{"sensors": {"3": null}}                         the sensor in slot 3 is gone
{"sensors": [...]}                               all of them, as the RFC has it for lists
{"rules": {"pm25-high": {"raise": 900}}}         one key of the rule of that id
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from contract.faults import Fault
from contract.site.sections import Section
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
    sensors = patched_entries(_SENSORS, settings.get("sensors", []), patch["sensors"])
    rest = merge_patch(settings, {key: value for key, value in patch.items() if key != "sensors"})
    return {**rest, "sensors": sensors}


def patched_section(section: Section, value: Any, patch: Any) -> Any:
    """value: of a section of a gateway's configuration, without faults; what is returned may have some. Raises InvalidError on an entry
    whose key is another name than its own."""
    if patch is None:
        return section.empty
    if not section.named_by:
        return merge_patch(value, patch)
    if not isinstance(patch, dict):
        return patch
    entries = Entries((section.key,), section.named_by, lambda name: name, f"the {section.named_by} of the entry, as in it")
    return patched_entries(entries, value, patch)


class Entries(NamedTuple):
    """A list whose entries have names. path: of the list. named_by: the key of an entry that has its name. name_of: what that has for a key
    of a patch; None when it is no such name."""

    path: tuple[str, ...]
    named_by: str
    name_of: Callable[[str], object]
    allowed: str


def patched_entries(entries: Entries, value: list[Any], patch: dict[str, Any]) -> list[Any]:
    """Raises InvalidError on entries whose key is not their name, and where two entries have one name: one of them would be lost."""
    merged = merge_patch(_by_name(entries, value), patch)
    faults = [Fault((*entries.path, key), entries.allowed, key) for key, entry in merged.items() if not _is_named(entries, key, entry)]
    if faults:
        raise InvalidError(*faults)
    return [_with_name(entries, key, entry) for key, entry in merged.items()]


def _by_name(entries: Entries, value: list[Any]) -> dict[str, Any]:
    by_name: dict[str, Any] = {}
    faults = []
    for index, entry in enumerate(value):
        name = entry[entries.named_by]
        if str(name) in by_name:
            faults.append(Fault((*entries.path, index, entries.named_by), "a name of its own: write the list whole", name))
        by_name[str(name)] = entry
    if faults:
        raise InvalidError(*faults)
    return by_name


def _is_named(entries: Entries, key: str, entry: Any) -> bool:
    name = entries.name_of(key)
    return name is not None and (not isinstance(entry, dict) or entry.get(entries.named_by, name) == name)


def _with_name(entries: Entries, key: str, entry: Any) -> Any:
    return {entries.named_by: entries.name_of(key), **entry} if isinstance(entry, dict) else entry


def _slot_of(key: str) -> int | None:
    is_slot = key.isascii() and key.isdigit() and len(key) <= _MOST_DIGITS and str(int(key)) == key
    return int(key) if is_slot else None


_SENSORS = Entries(("settings", "sensors"), "slot", _slot_of, "the number of a slot, as in its sensor")
