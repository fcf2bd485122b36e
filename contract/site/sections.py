# The sections of a desired document, as a table. The fleet keeps revisions of each, judges, signs and sends them; the gateway judges them
# again, plans the change and applies it in the order of the rows: who is here, what they measure with, how it is corrected, how it is
# judged, all the rest. A section that is to be added is one row here, and the part of the gateway that applies it.

from collections import namedtuple

from contract.faults import MISSING, Fault, below
from contract.site import calibrations, desired_names, desired_nodes, gateway_settings, rules, sources

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know this name
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

# key            of the section in the document
# empty          what it is until it is set for the first time
# faults         value -> every fault of it, paths from the section down
# unknown_keys   value without faults of form -> keys that no table names, which are refused where a person types
# named_by       the key that names an entry of the list; "": an object, whose keys are the names
# names          value -> (path, kind, name) of everything in it that stands for something elsewhere (desired_names.py)
# required       whether a new document without it is refused
# by_people      whether people write it as a whole; nodes are written one by one, as they are registered
Section = namedtuple("Section", ("key", "empty", "faults", "unknown_keys", "named_by", "names", "required", "by_people"))

SECTIONS = (
    Section("nodes", [], desired_nodes.faults, desired_nodes.unknown_keys, "node", desired_names.none, True, False),
    Section("sources", [], sources.faults, sources.unknown_keys, "source", desired_names.of_sources, False, True),
    Section("calibrations", [], calibrations.faults, calibrations.unknown_keys, "id", desired_names.of_calibrations, True, True),
    Section("rules", [], rules.faults, rules.unknown_keys, "id", desired_names.of_rules, True, True),
    Section("settings", {}, gateway_settings.faults, gateway_settings.unknown_keys, "", desired_names.none, True, True),
)


def by_people() -> "dict[str, Section]":
    return {section.key: section for section in SECTIONS if section.by_people}


def faults(document: "Mapping[str, Any]") -> "list[Fault]":
    """Every fault of content, for which a new document is refused."""
    found: "list[Fault]" = []
    for section in SECTIONS:
        value = document.get(section.key, MISSING if section.required else section.empty)
        found.extend(below((section.key,), section.faults(value)))
    return found


def without_faults(document: "Mapping[str, Any]") -> "tuple[dict[str, Any], list[Fault]]":
    """What of a document that was accepted earlier may be obeyed, whatever has been added to the table or to a judge since, and the faults
    of the rest. Every section is in it: empty where it was absent, and without the entries that have faults."""
    whole, found = dict(document), []
    for section in SECTIONS:
        value = document.get(section.key, section.empty)
        of_section = _faults_by_entry(section, value)
        whole[section.key] = _left(section, value, {fault.path[0] for fault in of_section if fault.path})
        found.extend(below((section.key,), of_section))
    return whole, found


def unknown_names(document: "Mapping[str, Any]", names: desired_names.Names) -> "list[Fault]":
    """What else a new document is refused for: names that stand for nothing."""
    found: "list[Fault]" = []
    for section in SECTIONS:
        value = document.get(section.key, section.empty)
        found.extend(below((section.key,), desired_names.faults(section.names(value), names)))
    return found


def entries(section: Section, document: "Mapping[str, Any]") -> "dict[str, Any]":
    """By name, what the section of a document without faults holds."""
    value = document.get(section.key, section.empty)
    return {entry[section.named_by]: entry for entry in value} if section.named_by else dict(value)


def _faults_by_entry(section: Section, value: object) -> "list[Fault]":
    """The faults of a section. Where a list has one as a whole, as for its length, its entries are judged one by one."""
    found: "list[Fault]" = section.faults(value)
    if isinstance(value, list) and isinstance(section.empty, list) and any(not fault.path for fault in found):
        for index, entry in enumerate(value):
            alone = section.faults([entry])
            found = found + [Fault((index,) + fault.path[1:], fault.allowed, fault.value) for fault in alone if fault.path]
    return found


def _left(section: Section, value: "Any", faulty: "set[object]") -> "Any":
    if not isinstance(value, type(section.empty)):
        return section.empty
    if isinstance(value, dict):
        return {key: value[key] for key in value if key not in faulty}
    return [entry for index, entry in enumerate(value) if index not in faulty]
