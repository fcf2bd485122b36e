# Names in a desired document that must stand for something: nodes, which the same document lists, and the outputs, hooks and ports that
# the site has in the gateway's own file. A name that stands for nothing would be a rule that never rings.
#
# A rule or a calibration may name the gateway itself where it may name a node: it reports its own instruments.

from collections import namedtuple

from contract.site.source_kinds import NODES

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know this name
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

# The gateway's own name, and sets of names, of which None is not known to whoever asks, so not judged.
Names = namedtuple("Names", "gateway nodes outputs hooks ports")

_MOST_NAMED = 20


def faults(document: "Mapping[str, Any]", names: Names) -> "list[tuple[str, str]]":
    """Every name of the document that stands for nothing, as (path, what there is). Says nothing of what has another fault."""
    found: "list[tuple[str, str]]" = []
    tables = {
        "node": names.nodes | {names.gateway},
        "wired node": names.nodes,
        "output": names.outputs,
        "hook": names.hooks,
        "port": names.ports,
    }
    for path, kind, name in _named(document):
        known = tables[kind]
        if known is not None and isinstance(name, str) and name and name not in known:
            found.append((path, _missing(kind, name, known)))
    return found


def _missing(kind: str, name: str, known: "set[str]") -> str:
    if kind in ("node", "wired node"):
        return "%s is not among the nodes of this document" % name
    there = sorted(known)
    return "this site has no %s %s; it has %s" % (kind, name, ", ".join(there[:_MOST_NAMED]) or "none")


def _named(document: "Mapping[str, Any]") -> "Iterator[tuple[str, str, object]]":
    # (path, kind, name)
    for path, rule in _objects(document, "rules", ""):
        nodes = rule.get("nodes")
        for index, node in enumerate(nodes if isinstance(nodes, list) else ()):
            yield "%s.nodes[%d]" % (path, index), "node", node
        for where, output in _objects(rule, "outputs", path + "."):
            yield where + ".output", "output", output.get("output")
        yield path + ".hook", "hook", rule.get("hook")
    for path, calibration in _objects(document, "calibrations", ""):
        yield path + ".node", "node", calibration.get("node")
    for path, source in _objects(document, "sources", ""):
        yield path + ".port", "port", source.get("port")
        if source.get("kind") == NODES:
            for where, wired in _objects(source, "nodes", path + "."):
                yield where + ".node", "wired node", wired.get("node")


def _objects(holder: "Mapping[str, Any]", key: str, before: str) -> "Iterator[tuple[str, dict[str, Any]]]":
    entries = holder.get(key)
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict):
            yield "%s%s[%d]" % (before, key, index), entry
