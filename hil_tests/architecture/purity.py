"""What a pure module may do: take values, give values. Pure.

A module is pure when its opening docstring or comment says so ("Pure." as a sentence of its own, or "Pure:" or "Pure;" with
more behind it), or when it lies in a folder that is pure as a whole. Of the project it imports pure modules only, so that
purity is transitive; of libraries it imports those of a list, and single names of others. It opens nothing and reads no clock.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from hil_tests.architecture.clocks import clock_reads
from hil_tests.architecture.import_graph import ImportGraph
from hil_tests.architecture.source import Source, called, imported_names

_SAYS = re.compile(r"(?:^|[.;:] )Pure[.:;]")
_CLAIMS = re.compile(r"\bpure\b", re.IGNORECASE)
_IMPURE_CALLS = {"open", "print", "input", "eval", "exec"}


class Tables(NamedTuple):
    # All below them; end in "/".
    folders: tuple[str, ...]
    # Modules of the outside, by their first name.
    libraries: frozenset[str]
    # Of other modules, ours too: names that a pure module may take by `from ... import`, each with the reason.
    names: Mapping[str, str]


def is_pure(source: Source, folders: tuple[str, ...]) -> bool:
    return source.path.startswith(folders) or _SAYS.search(source.opening) is not None


def unclear_claims(sources: Sequence[Source], folders: tuple[str, ...]) -> list[str]:
    """Modules that speak of being pure and are not held to it."""
    return [source.path for source in sources if not is_pure(source, folders) and _CLAIMS.search(source.opening)]


def impurities(sources: Sequence[Source], tables: Tables) -> list[str]:
    graph = ImportGraph(sources)
    pure = {source.path for source in sources if is_pure(source, tables.folders)}
    bare = {source.path for source in sources if _is_bare(source)}
    found = []
    for source in sources:
        if source.path in pure:
            found += [f"{source.path} imports {name}" for name in _impure_imports(source, graph, pure | bare, tables)]
            found += [f"{source.path} calls {name}" for name in _impure_calls(source)]
            found += [f"{source.path} reads {name}" for name, _ in clock_reads(source)]
    return found


def _is_bare(source: Source) -> bool:
    # An __init__.py with nothing but its docstring.
    return source.path.endswith("/__init__.py") and len(source.tree.body) <= 1


def _impure_imports(source: Source, graph: ImportGraph, pure: set[str], tables: Tables) -> Iterator[str]:
    for name in imported_names(source):
        if name in tables.names:
            continue
        path = graph.resolve(name)
        if path is None:
            if name.split(".")[0] not in tables.libraries:
                yield name
        elif any(file not in pure for file in (path, *_opened_on_the_way(path, graph))):
            yield name


def _opened_on_the_way(path: str, graph: ImportGraph) -> list[str]:
    # The __init__.py of the folders that a file lies in are run with it.
    parts = path.removeprefix("firmware/").split("/")[:-1]
    opened = (graph.resolve(".".join(parts[:depth])) for depth in range(1, len(parts) + 1))
    return [file for file in opened if file is not None]


def _impure_calls(source: Source) -> list[str]:
    # A generator without a seed takes one from the system.
    unseeded = ["Random() without a seed"] * (re.search(r"= (random\.)?Random\(\)", source.text) is not None)
    return [name for name, _ in called(source) if name in _IMPURE_CALLS] + unseeded
