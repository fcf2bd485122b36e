"""How long files, functions and classes are, how many parameters constructors have, and how things are called. Pure."""

import ast
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hil_tests.architecture.source import Source, blocks, constructors

_FUNCTIONS: tuple[type[ast.stmt], ...] = (ast.FunctionDef, ast.AsyncFunctionDef)
_MODULES_WITHOUT_SUBJECT = re.compile(r"^(utils?|helpers?|common|managers?|base|core|misc)$")
_CLASSES_WITHOUT_SUBJECT = re.compile(r"(Manager|Helper|Utils?)$")


class Limits(NamedTuple):
    file_lines: int
    function_lines: int
    class_lines: int
    constructor_parameters: int


def oversized(sources: Sequence[Source], limits: Limits) -> set[str]:
    """`path` of a file, `path:name` of a function or class."""
    return {name for source in sources for name, size, limit in _measured(source, limits) if size > limit}


def _measured(source: Source, limits: Limits) -> Iterator[tuple[str, int, int]]:
    yield source.path, source.lines, limits.file_lines
    yield from ((name, lines, limits.function_lines) for name, lines in blocks(source, _FUNCTIONS))
    yield from ((name, lines, limits.class_lines) for name, lines in blocks(source, (ast.ClassDef,)))


def long_constructors(sources: Sequence[Source], limits: Limits) -> set[str]:
    return {name for source in sources for name, count in constructors(source) if count > limits.constructor_parameters}


def names_without_subject(sources: Sequence[Source]) -> list[str]:
    modules = [s.path for s in sources if any(_MODULES_WITHOUT_SUBJECT.match(part) for part in s.path.removesuffix(".py").split("/"))]
    return modules + [name for s in sources for name, _ in blocks(s, (ast.ClassDef,)) if _CLASSES_WITHOUT_SUBJECT.search(name)]
