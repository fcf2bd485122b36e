"""A parsed source, and what stands in it: imports, names, calls, sizes. Pure."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

# Functions that import the module whose name they are given: by keeping it, or for one call (firmware/node/transient_import.py).
_IMPORTERS = ("__import__", "import_module", "importlib.import_module", "transient_import.call")


@dataclass(frozen=True)
class Source:
    # Relative to the checkout, with "/".
    path: str
    text: str
    tree: ast.Module

    @cached_property
    def elements(self) -> tuple[ast.AST, ...]:
        return tuple(ast.walk(self.tree))

    @property
    def package(self) -> str:
        return self.path.split("/")[0]

    @property
    def is_test(self) -> bool:
        return "/tests/" in self.path

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    @property
    def module(self) -> str:
        """As it is imported. firmware/ itself is on the path: there the package is called node."""
        name = self.path.removeprefix("firmware/").removesuffix(".py").removesuffix("/__init__")
        return name.replace("/", ".")

    @property
    def opening(self) -> str:
        """What the module says of itself, in one line: its docstring, or the comment that it begins with."""
        comment = []
        for line in self.text.splitlines():
            if not line.startswith("#"):
                break
            comment.append(line.lstrip("# "))
        return " ".join((ast.get_docstring(self.tree) or " ".join(comment)).split())


def parsed(path: str, text: str) -> Source:
    return Source(path, text, ast.parse(text, path))


def made_up(files: Mapping[str, str]) -> tuple[Source, ...]:
    """A tree of sources that is not on any disk: path -> text."""
    return tuple(parsed(path, text) for path, text in files.items())


def imports(source: Source) -> Iterator[str]:
    """Dotted names of the modules that are imported, wherever the import stands, also for the type checker only."""
    for element in source.elements:
        if isinstance(element, ast.Import):
            yield from (alias.name for alias in element.names)
        elif isinstance(element, ast.ImportFrom):
            yield "." * element.level + (element.module or "")
    yield from _imported_by_name(source)


def imported_names(source: Source) -> Iterator[str]:
    """As `imports`, with what is taken from the module: `from random import Random` is "random.Random"."""
    for element in source.elements:
        if isinstance(element, ast.Import):
            yield from (alias.name for alias in element.names)
        elif isinstance(element, ast.ImportFrom):
            yield from ("." * element.level + f"{element.module or ''}.{alias.name}" for alias in element.names)
    yield from _imported_by_name(source)


def _imported_by_name(source: Source) -> Iterator[str]:
    # import_module("x.y"), or import_module(_Y) of a constant of this module.
    texts = {
        statement.targets[0].id: statement.value
        for statement in source.tree.body
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
    }
    for element in source.elements:
        if isinstance(element, ast.Call) and dotted(element.func) in _IMPORTERS and element.args:
            first = element.args[0]
            named = texts.get(first.id) if isinstance(first, ast.Name) else first
            if isinstance(named, ast.Constant) and isinstance(named.value, str):
                yield named.value


def aliases(source: Source) -> dict[str, str]:
    """Name in this module -> the dotted name that it was imported as."""
    found = {}
    for element in source.elements:
        if isinstance(element, ast.Import):
            tops = [alias.name if alias.asname else alias.name.split(".")[0] for alias in element.names]
            found.update({alias.asname or top: top for alias, top in zip(element.names, tops)})
        elif isinstance(element, ast.ImportFrom):
            found.update({alias.asname or alias.name: f"{element.module or ''}.{alias.name}" for alias in element.names})
    return found


def called(source: Source) -> Iterator[tuple[str, int]]:
    """(dotted name, line) of every call whose target is a name: `time.time`, `open`."""
    for element in source.elements:
        if isinstance(element, ast.Call):
            name = dotted(element.func)
            if name:
                yield name, element.lineno


def references(source: Source) -> Iterator[tuple[str, int]]:
    """(dotted name, line) of every name and attribute, as it was imported: `dt.now` after `from datetime import datetime as dt` is
    "datetime.datetime.now"."""
    known = aliases(source)
    for element in source.elements:
        if isinstance(element, ast.Name | ast.Attribute):
            first, dot, rest = dotted(element).partition(".")
            yield known.get(first, first) + dot + rest, element.lineno


def dotted(expression: ast.expr) -> str:
    if isinstance(expression, ast.Name):
        return expression.id
    if isinstance(expression, ast.Attribute):
        return f"{dotted(expression.value)}.{expression.attr}"
    return ""


def broad_handlers(source: Source) -> Iterator[int]:
    """Lines of `except:`, `except Exception` and `except BaseException` that do not end by raising what they caught."""
    for element in source.elements:
        if isinstance(element, ast.ExceptHandler):
            caught = element.type.elts if isinstance(element.type, ast.Tuple) else [element.type]
            last = element.body[-1]
            raises = isinstance(last, ast.Raise) and last.exc is None
            if not raises and any(kind is None or dotted(kind) in ("Exception", "BaseException") for kind in caught):
                yield element.lineno


def blocks(source: Source, kinds: tuple[type[ast.stmt], ...]) -> Iterator[tuple[str, int]]:
    """(path:name, lines) of every function or class, decorators not counted."""
    for element in source.elements:
        if isinstance(element, kinds) and isinstance(element, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield f"{source.path}:{element.name}", (element.end_lineno or element.lineno) - element.lineno + 1


def constructors(source: Source) -> Iterator[tuple[str, int]]:
    """(path:class, parameters without `self`) of every `__init__` that is written out; records made by dataclass have none."""
    for element in source.elements:
        if isinstance(element, ast.ClassDef):
            for method in element.body:
                if isinstance(method, ast.FunctionDef) and method.name == "__init__":
                    arguments = method.args
                    yield f"{source.path}:{element.name}", len(arguments.posonlyargs + arguments.args + arguments.kwonlyargs) - 1
