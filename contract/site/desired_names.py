# Names in a desired document that must stand for something: nodes, which the same document lists, and the outputs, hooks and ports that
# the site has in the gateway's own file. A name that stands for nothing would be a rule that never rings.
#
# What has another fault is passed over. A rule or a calibration may name the gateway itself where it may name a node: it reports its own
# instruments.

from collections import namedtuple

from contract.faults import Fault
from contract.site.source_kinds import NODES

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know this name
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    Path = tuple[str | int, ...]
    Named = tuple[Path, str, object]  # path, kind, name

# The gateway's own name, and sets of names, of which None is not known to the caller, so not judged.
Names = namedtuple("Names", "gateway nodes outputs hooks ports")

_MOST_NAMED = 20


def faults(named: "Iterable[Named]", names: Names) -> "list[Fault]":
    """Every name that stands for nothing, with what there is."""
    found: "list[Fault]" = []
    tables = {
        "node": names.nodes | {names.gateway},
        "wired node": names.nodes,
        "output": names.outputs,
        "hook": names.hooks,
        "port": names.ports,
    }
    for path, kind, name in named:
        known = tables[kind]
        if known is not None and isinstance(name, str) and name and name not in known:
            found.append(Fault(path, _missing(kind, name, known), name))
    return found


def _missing(kind: str, name: str, known: "set[str]") -> str:
    if kind in ("node", "wired node"):
        return "%s is not among the nodes of this document" % name
    there = sorted(known)
    return "this site has no %s %s; it has %s" % (kind, name, ", ".join(there[:_MOST_NAMED]) or "none")


def none(_value: object) -> "Iterator[Named]":
    """Of a section that names nothing."""
    return iter(())


def of_rules(rules: object) -> "Iterator[Named]":
    for path, rule in _objects(rules, ()):
        nodes = rule.get("nodes")
        for index, node in enumerate(nodes if isinstance(nodes, list) else ()):
            yield path + ("nodes", index), "node", node
        for where, output in _objects(rule.get("outputs"), path + ("outputs",)):
            yield where + ("output",), "output", output.get("output")
        yield path + ("hook",), "hook", rule.get("hook")


def of_calibrations(calibrations: object) -> "Iterator[Named]":
    for path, calibration in _objects(calibrations, ()):
        yield path + ("node",), "node", calibration.get("node")


def of_sources(sources: object) -> "Iterator[Named]":
    for path, source in _objects(sources, ()):
        yield path + ("port",), "port", source.get("port")
        if source.get("kind") == NODES:
            for where, wired in _objects(source.get("nodes"), path + ("nodes",)):
                yield where + ("node",), "wired node", wired.get("node")


def _objects(entries: object, before: "Path") -> "Iterator[tuple[Path, dict[str, Any]]]":
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict):
            yield before + (index,), entry
