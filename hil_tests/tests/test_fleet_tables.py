"""The tables of the fleet by subject: each writes its own only, and joins those of others only where it is listed."""

import ast
from collections.abc import Iterator

from hil_tests.architecture.source import Source, dotted
from hil_tests.source_tree import sources

# Subjects that have tables -> whose tables they may join beside their own. Anything else of others is read through functions.
READS: dict[str, set[str]] = {
    "background": set(),
    "people": set(),
    "places": set(),
    "devices": set(),
    "record": {"places", "devices"},
    "alarms": set(),
    "releases": set(),
    # The desired document is one statement over nodes, where they are and their settings, in the transaction of the change.
    "configuration": {"places", "devices"},
}
# Function -> which argument is the table that it writes.
WRITERS = {
    "insert": 0,
    "update": 0,
    "delete": 0,
    "insert_unless_present": 1,
    "insert_or_replace": 1,
    "add_to_counter": 1,
    "count_tuples": 1,
    "insert_tuples": 1,
}
# Writes any table it is handed.
FREE_OF_WRITE_RULE = "fleet/store/"


def of_fleet() -> list[Source]:
    return [source for source in sources() if source.package == "fleet" and not source.is_test and source.path != "fleet/__init__.py"]


def room_of(source: Source) -> str:
    return source.path.split("/")[1].removesuffix(".py")


def test_a_subject_writes_only_its_own_tables() -> None:
    found = [(source, *write) for source in of_fleet() if not source.path.startswith(FREE_OF_WRITE_RULE) for write in writes(source)]
    assert {owner for _, owner, _ in found} == set(READS), "a subject without any write: the test no longer sees them"
    assert not [f"{source.path}:{line} writes a table of {owner}" for source, owner, line in found if owner != room_of(source)]


def test_tables_of_another_subject_are_joined_only_where_it_is_listed() -> None:
    wrong = [
        f"{source.path} reads tables of {owner}"
        for source in of_fleet()
        for owner in {owner for owner in tables_by_name(source).values() if owner != room_of(source)}
        if owner not in READS.get(room_of(source), set())
    ]
    assert not wrong


def writes(source: Source) -> Iterator[tuple[str, int]]:
    """(owner of the table, line) of each write; "?" where the table cannot be told, which is owned by nobody."""
    owners = tables_by_name(source)
    for element in source.elements:
        if isinstance(element, ast.Call) and dotted(element.func) in WRITERS:
            place = WRITERS[dotted(element.func)]
            name = dotted(element.args[place]) if len(element.args) > place else "?"
            yield owners.get(name, owners.get(name.split(".")[0], "?")), element.lineno


def tables_by_name(source: Source) -> dict[str, str]:
    """Name in this module -> owner, of modules of tables and of tables, also of those given another name within a function."""
    owners: dict[str, str] = {}
    for element in source.elements:
        if isinstance(element, ast.ImportFrom):
            parts = (element.module or "").split(".")
            for alias in element.names:
                if parts[0] == "fleet" and (parts[2:] == ["tables"] or (len(parts) == 2 and alias.name == "tables")):
                    owners[alias.asname or alias.name] = parts[1]
    for element in source.elements:
        if isinstance(element, ast.Assign):
            for name, value in assigned(element):
                if value.split(".")[0] in owners and value.count(".") < 2:
                    owners.setdefault(name, owners[value.split(".")[0]])
    return owners


def assigned(element: ast.Assign) -> Iterator[tuple[str, str]]:
    target, value = element.targets[0], element.value
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        yield from ((dotted(name), dotted(part)) for name, part in zip(target.elts, value.elts))
    else:
        yield dotted(target), dotted(value)
