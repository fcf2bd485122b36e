"""Which package may import which, and what of the outside. Pure."""

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence

from hil_tests.architecture.source import Source, imports


def wrong_way(sources: Sequence[Source], allowed: Mapping[str, Collection[str]], for_tests: Collection[str]) -> list[str]:
    """allowed: package -> whom of us it may import, besides itself. for_tests: modules that every test may import.

    A package is named as it is imported; firmware/ is imported as `node`.
    """
    ours = {*allowed, "node"}
    return [
        f"{source.path} imports {name}"
        for source in sources
        for name in imports(source)
        if (top := name.split(".")[0]) in ours and top != source.package and top not in allowed[source.package]
        if not (source.is_test and name in for_tests)
    ]


def relative_imports(sources: Sequence[Source]) -> list[str]:
    return [f"{source.path} imports {name}" for source in sources for name in imports(source) if name.startswith(".")]


def foreign_imports(sources: Sequence[Source], known: Collection[str], never: Collection[str] = ()) -> list[str]:
    """Imports of what these sources' interpreters do not have, and of packages below the known ones that are not for them."""
    return [
        f"{source.path} imports {name}"
        for source in sources
        for name in imports(source)
        if name.split(".")[0] not in known or name.startswith(tuple(never))
    ]


def unguarded_imports(sources: Sequence[Source], modules: Collection[str]) -> list[str]:
    """Imports of modules that one runtime lacks, outside of `if TYPE_CHECKING:` and of a `try:` that expects ImportError."""
    found = []
    for source in sources:
        guarded = set(_guarded(source.tree))
        for element in source.elements:
            names = [alias.name for alias in element.names] if isinstance(element, ast.Import) else []
            names += [element.module or ""] if isinstance(element, ast.ImportFrom) else []
            found += [f"{source.path} imports {name}" for name in names if name.split(".")[0] in modules and element not in guarded]
    return found


def _guarded(tree: ast.Module) -> Iterator[ast.AST]:
    for element in ast.walk(tree):
        checks_types = isinstance(element, ast.If) and isinstance(element.test, ast.Name) and element.test.id == "TYPE_CHECKING"
        expects = isinstance(element, ast.Try) and any(
            isinstance(handler.type, ast.Name) and handler.type.id == "ImportError" for handler in element.handlers
        )
        if (checks_types or expects) and isinstance(element, ast.If | ast.Try):
            for statement in element.body:
                yield from ast.walk(statement)
