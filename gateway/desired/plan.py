"""What a new desired document changes against the one in force, and which sources that touches. Pure: two documents in, a plan out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from contract import sources
from contract.settings import with_defaults

# In the order in which they are applied: who is here, what they measure with, how it is corrected, how it is judged, all the rest.
PARTS = ("nodes", "sources", "calibrations", "rules", "settings")
_NAMED_BY = {"nodes": "node", "sources": "source", "calibrations": "id", "rules": "id"}


@dataclass(frozen=True)
class Change:
    """Names of entries; of `settings`, names of keys."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """`changes`: by part, only parts that differ. `affected`: source -> the settings version that its next report must show at least.

    `period_ms`: the longest period of an affected node, before or after.
    """

    changes: dict[str, Change]
    affected: dict[str, int]
    period_ms: int


def plan(old: dict[str, Any] | None, new: dict[str, Any]) -> Plan:
    """Both without faults; `old` is None when none is in force yet."""
    changes = {part: change for part in PARTS if (change := _change(_entries(old, part), _entries(new, part))) is not None}
    affected = _affected(old, new, changes)
    return Plan(changes, affected, _longest_period_ms(old, new, affected))


def _entries(document: dict[str, Any] | None, part: str) -> dict[str, Any]:
    if document is None:
        return {}
    if part == "settings":
        settings: dict[str, Any] = document.get(part, {})
        return settings
    return {entry[_NAMED_BY[part]]: entry for entry in document.get(part, [])}


def _change(old: dict[str, Any], new: dict[str, Any]) -> Change | None:
    added = tuple(name for name in new if name not in old)
    changed = tuple(name for name in new if name in old and new[name] != old[name])
    removed = tuple(name for name in old if name not in new)
    return Change(added, changed, removed) if added or changed or removed else None


def _affected(old: dict[str, Any] | None, new: dict[str, Any], changes: dict[str, Change]) -> dict[str, int]:
    # A source that is here no more owes nothing, and neither does a gateway of which no report can come in time.
    before, after = _entries(old, "nodes"), _entries(new, "nodes")
    everybody = {*after, new["gateway"]} if any(map(_period_ms, _entries(new, "sources").values())) else {*after}
    touched: set[str] = set()
    if "settings" in changes:
        touched.add(new["gateway"])
    if "nodes" in changes:
        touched.update(changes["nodes"].changed)
    # The gateway reports for its own instruments under its own name.
    unnamed = {"sources": _by_sources(new, changes.get("sources")), "calibrations": everybody, "rules": everybody}
    for part, others in unnamed.items():
        if part in changes:
            touched.update(_named(_differing(old, new, part, changes[part]), others))
    return {
        name: after[name]["settings_version"] if name in before and _newer_settings(before[name], after[name]) else 0
        for name in sorted(touched & everybody)
    }


def _by_sources(new: dict[str, Any], change: Change | None) -> set[str]:
    """The gateway itself, when one of its instruments that report period by period is new or changed. What is gone owes nothing, a receiver
    never reports, and a monitor of hours not in time."""
    after = _entries(new, "sources")
    periodic = [name for name in (*change.added, *change.changed) if _period_ms(after[name])] if change else []
    return {new["gateway"]} if periodic else set()


def _period_ms(source: dict[str, Any]) -> int:
    period_ms: int = sources.with_defaults(source).get("period_ms", 0)
    return period_ms


def _differing(old: dict[str, Any] | None, new: dict[str, Any], part: str, change: Change) -> Iterable[Any]:
    before, after = _entries(old, part), _entries(new, part)
    yield from (after[name] for name in (*change.added, *change.changed))
    yield from (before[name] for name in (*change.changed, *change.removed))


def _named(entries: Iterable[Any], others: set[str]) -> set[str]:
    """The nodes that entries name; for one that names none, the others."""
    named: set[str] = set()
    for entry in entries:
        found = [entry["node"]] if "node" in entry else [one["node"] if isinstance(one, dict) else one for one in entry.get("nodes", ())]
        named |= set(found) or others
    return named


def _newer_settings(before: dict[str, Any], after: dict[str, Any]) -> bool:
    newer: bool = after["settings_version"] > before["settings_version"]
    return newer


def _longest_period_ms(old: dict[str, Any] | None, new: dict[str, Any], affected: Mapping[str, int]) -> int:
    both = (_entries(old, "nodes"), _entries(new, "nodes"))
    settings = [nodes[name]["settings"] for nodes in both for name in affected if name in nodes]
    own = [_period_ms(source) for source in _entries(new, "sources").values()] if new["gateway"] in affected else []
    return max([with_defaults(one)["period_ms"] for one in settings] + own, default=0)
