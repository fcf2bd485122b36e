"""What a new desired document changes against the one in force, and which sources that touches. Pure: two documents in, a plan out.

A source is a node, by its name, or an instrument that the gateway reads itself, by its slot: see `own`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from contract.settings import with_defaults
from contract.site import sections, sources
from contract.site.sections import SECTIONS, Section

_SLOT = " slot "
# Sections that say what sources there are; those of the others that have entries name the sources that they are about.
_NODES, _SOURCES = (section for section in SECTIONS if section.key in ("nodes", "sources"))


@dataclass(frozen=True)
class Change:
    """Names of entries; of `settings`, names of keys."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """`changes`: by section, in the order of contract/site/sections.py, only those that differ. `affected`: source -> the settings version
    that its next report must show at least.

    `fresh`: those of them that are instruments which nobody read before. `period_ms`: the longest of an affected one, before or after.
    """

    changes: dict[str, Change]
    affected: dict[str, int]
    fresh: frozenset[str]
    period_ms: int


def own(gateway: str, slot: int) -> str:
    """What the gateway reads itself under that slot, as a source."""
    return f"{gateway}{_SLOT}{slot}"


def node_and_slot(source: str) -> tuple[str, int | None]:
    """Whose reports show what a source delivers, and in which slot; None: in any."""
    node, _, slot = source.partition(_SLOT)
    return node, int(slot) if slot else None


def plan(old: dict[str, Any] | None, new: dict[str, Any]) -> Plan:
    """Both without faults; `old` is None when none is in force yet."""
    changes = {}
    for section in sections.SECTIONS:
        change = _change(_entries(old, section), _entries(new, section))
        if change is not None:
            changes[section.key] = change
    naming = tuple(section for section in sections.SECTIONS if section.named_by and section not in (_NODES, _SOURCES))
    affected = _affected(old, new, changes, naming)
    fresh = frozenset(affected) & _own(new) - (_own(old) if old else set())
    return Plan(changes, affected, fresh, _longest_period_ms(old, new, affected))


def _entries(document: dict[str, Any] | None, section: Section) -> dict[str, Any]:
    return {} if document is None else sections.entries(section, document)


def _change(old: dict[str, Any], new: dict[str, Any]) -> Change | None:
    added = tuple(name for name in new if name not in old)
    changed = tuple(name for name in new if name in old and new[name] != old[name])
    removed = tuple(name for name in old if name not in new)
    return Change(added, changed, removed) if added or changed or removed else None


def _affected(old: dict[str, Any] | None, new: dict[str, Any], changes: dict[str, Change], naming: tuple[Section, ...]) -> dict[str, int]:
    # A source that is here no more owes nothing, and neither does one of which no report can come in time. Nobody owes anything for the
    # gateway's own settings but the fleet's answer.
    before, after = _entries(old, _NODES), _entries(new, _NODES)
    everybody = {*after, *_own(new)}
    touched: set[str] = set()
    if "nodes" in changes:
        touched.update(changes["nodes"].changed)
    if "sources" in changes:
        touched |= _own(new, (*changes["sources"].added, *changes["sources"].changed))
        touched |= {node["node"] for source in _differing(old, new, _SOURCES, changes["sources"]) for node in source.get("nodes", ())}
    for section in naming:
        if section.key in changes:
            touched |= _named(_differing(old, new, section, changes[section.key]), new["gateway"], everybody)
    return {
        name: after[name]["settings_version"] if name in before and _newer_settings(before[name], after[name]) else 0
        for name in sorted(touched & everybody)
    }


def _own(document: dict[str, Any], names: Iterable[str] | None = None) -> set[str]:
    """Instruments of the gateway that report period by period, of these sources or of all. A receiver never reports, and a monitor of hours
    not in time."""
    entries = _entries(document, _SOURCES)
    periodic = [entries[name] for name in (entries if names is None else names) if _period_ms(entries[name])]
    return {own(document["gateway"], slot) for source in periodic for slot in sources.slots(source)}


def _period_ms(source: dict[str, Any]) -> int:
    period_ms: int = sources.with_defaults(source).get("period_ms", 0)
    return period_ms


def _differing(old: dict[str, Any] | None, new: dict[str, Any], section: Section, change: Change) -> Iterable[Any]:
    before, after = _entries(old, section), _entries(new, section)
    yield from (after[name] for name in (*change.added, *change.changed))
    yield from (before[name] for name in (*change.changed, *change.removed))


def _named(entries: Iterable[Any], gateway: str, everybody: set[str]) -> set[str]:
    """The sources that entries name; for one that names none, all. The gateway stands for all that it reads, or one slot."""
    named: set[str] = set()
    for entry in entries:
        names = set(entry.get("nodes", ())) | ({entry["node"]} if "node" in entry else set())
        if gateway in names:
            one = own(gateway, entry.get("slot", -1))
            names |= {one} if one in everybody else {source for source in everybody if node_and_slot(source)[0] == gateway}
        named |= names or everybody
    return named


def _newer_settings(before: dict[str, Any], after: dict[str, Any]) -> bool:
    newer: bool = after["settings_version"] > before["settings_version"]
    return newer


def _longest_period_ms(old: dict[str, Any] | None, new: dict[str, Any], affected: Mapping[str, int]) -> int:
    both = (_entries(old, _NODES), _entries(new, _NODES))
    settings = [nodes[name]["settings"] for nodes in both for name in affected if name in nodes]
    read = [source for document in (old, new) for source in _entries(document, _SOURCES).values()]
    gateway = new["gateway"]
    periods = [_period_ms(source) for source in read if any(own(gateway, slot) in affected for slot in sources.slots(source))]
    return max([with_defaults(one)["period_ms"] for one in settings] + periods, default=0)
