"""Which source imports which, between the files and the folders of a tree. Pure.

At each level, the folders and modules of one folder are the nodes: `gateway/` has the nodes `store`, `time`, `items.py`. An import of any
file below one node by any file below another is an arrow between them, wherever the import stands. The levels together: no circle at any
level means no circle of files either.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from hil_tests.architecture.source import Source, imported_names

# (importing file, imported file)
Arrow = tuple[str, str]


class ImportGraph:
    """Of these sources only; an import of anything else is no arrow."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._paths = {source.module: source.path for source in sources}
        self.arrows: set[Arrow] = set()
        for source in sources:
            targets = {self.resolve(name) for name in imported_names(source)} - {None, source.path}
            self.arrows |= {(source.path, target) for target in targets if target}

    def resolve(self, name: str) -> str | None:
        """The file of the longest beginning of a dotted name that is a module: "gateway.items.Row" is gateway/items.py."""
        while name:
            if name in self._paths:
                return self._paths[name]
            name = name.rpartition(".")[0]
        return None


def folders(paths: Collection[str]) -> list[str]:
    return sorted({path.rsplit("/", depth)[0] for path in paths for depth in range(1, path.count("/") + 1)})


def nodes(paths: Collection[str], folder: str) -> list[str]:
    return sorted({_node(path, folder) for path in paths if path.startswith(folder + "/")})


def between(arrows: Collection[Arrow], folder: str) -> dict[tuple[str, str], list[Arrow]]:
    """(node, node) -> the imports that make this arrow between two nodes of the folder."""
    found = defaultdict(list)
    for importer, imported in sorted(arrows):
        if importer.startswith(folder + "/") and imported.startswith(folder + "/"):
            pair = _node(importer, folder), _node(imported, folder)
            if pair[0] != pair[1]:
                found[pair].append((importer, imported))
    return found


def _node(path: str, folder: str) -> str:
    return path[len(folder) + 1 :].split("/")[0]


def circles(arrows: Collection[Arrow], paths: Collection[str]) -> dict[str, list[str]]:
    """Folder -> the imports that are part of a circle between its nodes, of every folder that has one."""
    found = {}
    for folder in folders(paths):
        edges = between(arrows, folder)
        reached = {start: set(_reachable(start, edges)) for start, _ in edges}
        turning = [imports for (start, end), imports in edges.items() if start in reached.get(end, ())]
        if turning:
            found[folder] = [f"{importer} -> {imported}" for imports in turning for importer, imported in imports]
    return found


def _reachable(start: str, edges: Mapping[tuple[str, str], object]) -> Iterator[str]:
    seen: set[str] = set()
    todo = [start]
    while todo:
        at = todo.pop()
        fresh = {end for begin, end in edges if begin == at} - seen
        seen |= fresh
        todo += fresh
        yield from fresh


def against_order(arrows: Collection[Arrow], paths: Collection[str], folder: str, floors: Sequence[Collection[str]]) -> list[str]:
    """floors: the nodes of the folder, the lowest floor first. An import goes to a lower floor, never to the same one."""
    floor_of = {node: index for index, floor in enumerate(floors) for node in floor}
    present = nodes(paths, folder)
    found = [f"{folder}/{node} has no floor" for node in present if node not in floor_of]
    found += [f"{folder}/{node} has a floor and is not there" for node in floor_of if node not in present]
    for (start, end), imports in between(arrows, folder).items():
        if floor_of.get(start, len(floors)) <= floor_of.get(end, -1):
            found += [f"{importer} -> {imported}" for importer, imported in imports]
    return found
