"""What differs between two values of a configuration, key by key, and what a change takes away. Pure.

Entries of a list that have a name, as sensors have their slot and rules their id, are compared by name: their order says nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contract.site.source_kinds import GPS, MODBUS, NODES

SOURCES = "sources"


@dataclass(frozen=True, slots=True)
class Difference:
    """path: as `sensors[slot 0].poll_ms`. before, after: null where there was or is nothing, so that the default holds."""

    path: str
    before: Any
    after: Any


def of_settings(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Two settings of a node without faults."""
    return list(_differences("", _by_slot(before), _by_slot(after)))


def of_section(key: str, named_by: str, before: Any, after: Any) -> list[Difference]:
    """Two values of a section of a gateway's configuration (contract/site/sections.py), without faults."""
    return list(_differences(key, _by_name(named_by, before), _by_name(named_by, after)))


def removed_sensors(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What the settings of a node named and name no more: a sensor in its slot, by its part."""
    return _gone(_sensors(before), _sensors(after))


def removed_of_section(key: str, named_by: str, before: Any, after: Any) -> list[str]:
    """What a section of a gateway's configuration had and has no more: of the sources what they carry, instruments in their slots, wired
    nodes, receivers; of other lists each entry, by its name, as `rules[a]`. A key of an object that is gone has its default: it names
    nothing that goes."""
    if key == SOURCES:
        return _gone(_carried(before), _carried(after))
    if not named_by:
        return []
    return _gone(*([f"{key}[{entry[named_by]}]" for entry in entries] for entries in (before, after)))


def _gone(before: list[str], after: list[str]) -> list[str]:
    left = set(after)
    return [thing for thing in before if thing not in left]


def _sensors(settings: Mapping[str, Any]) -> list[str]:
    return [f"slot {sensor['slot']} {sensor['part']}" for sensor in settings.get("sensors", [])]


def _carried(sources: list[Any]) -> list[str]:
    found: list[str] = []
    for source in sources:
        if source["kind"] == NODES:
            found += [f"wired node {node['node']}" for node in source["nodes"]]
        elif source["kind"] == MODBUS:
            found += [f"slot {instrument['slot']} {instrument['part']}" for instrument in source["instruments"]]
        elif source["kind"] == GPS:
            found.append("gps")
        else:
            found.append(f"slot {source['slot']} {source['kind']}")
    return found


def _by_slot(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {**settings, "sensors": {f"[slot {sensor['slot']}]": sensor for sensor in settings.get("sensors", [])}}


def _by_name(named_by: str, value: Any) -> Any:
    return {f"[{entry[named_by]}]": entry for entry in value} if named_by else value


def _differences(path: str, before: Any, after: Any) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            yield from _differences(_below(path, key), before.get(key), after.get(key))
    elif before != after:
        yield Difference(path, before, after)


def _below(path: str, key: str) -> str:
    return f"{path}{key}" if not path or key.startswith("[") else f"{path}.{key}"
