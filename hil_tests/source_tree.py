"""The project's own Python sources, parsed once, for the tests that hold them to the design. Judges nothing."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

CHECKOUT = Path(__file__).parent.parent
# Folder -> how its modules are imported. firmware/ itself is on the path: there the package is called node.
PACKAGES = ("contract", "air", "firmware", "gateway", "fleet", "technician", "hil_tests", "tools")


class Source(NamedTuple):
    # Relative to the checkout, with "/".
    path: str
    lines: int
    tree: ast.Module

    @property
    def package(self) -> str:
        return self.path.split("/")[0]

    @property
    def is_test(self) -> bool:
        return "/tests/" in self.path


@cache
def sources() -> tuple[Source, ...]:
    found = []
    for package in PACKAGES:
        for path in sorted((CHECKOUT / package).rglob("*.py")):
            text = path.read_text()
            found.append(Source(path.relative_to(CHECKOUT).as_posix(), len(text.splitlines()), ast.parse(text, str(path))))
    return tuple(found)


def imports(source: Source) -> Iterator[str]:
    """Dotted names of every import, wherever it stands."""
    for element in ast.walk(source.tree):
        if isinstance(element, ast.Import):
            yield from (alias.name for alias in element.names)
        elif isinstance(element, ast.ImportFrom):
            yield "." * element.level + (element.module or "")


def called(source: Source) -> Iterator[tuple[str, int]]:
    """(dotted name, line) of every call whose target is a name: `time.time`, `open`."""
    for element in ast.walk(source.tree):
        if isinstance(element, ast.Call):
            name = dotted(element.func)
            if name:
                yield name, element.lineno


def dotted(expression: ast.expr) -> str:
    if isinstance(expression, ast.Name):
        return expression.id
    if isinstance(expression, ast.Attribute):
        return f"{dotted(expression.value)}.{expression.attr}"
    return ""


def broad_handlers(source: Source) -> Iterator[int]:
    """Lines of `except:`, `except Exception` and `except BaseException` that do not end by raising what they caught."""
    for element in ast.walk(source.tree):
        if isinstance(element, ast.ExceptHandler):
            caught = element.type.elts if isinstance(element.type, ast.Tuple) else [element.type]
            last = element.body[-1]
            raises = isinstance(last, ast.Raise) and last.exc is None
            if not raises and any(kind is None or dotted(kind) in ("Exception", "BaseException") for kind in caught):
                yield element.lineno


def blocks(source: Source, kinds: tuple[type[ast.stmt], ...]) -> Iterator[tuple[str, int]]:
    """(path:name, lines) of every function or class, decorators not counted."""
    for element in ast.walk(source.tree):
        if isinstance(element, kinds) and isinstance(element, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield f"{source.path}:{element.name}", (element.end_lineno or element.lineno) - element.lineno + 1
