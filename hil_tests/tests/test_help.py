"""The help of every command of every tool: what is done, an example, and no value named where none is taken."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from fleet.cli import app as fleet
from gateway.command.cli import app as gateway
from hil_tests.architecture.source import imported_names
from hil_tests.source_tree import sources
from technician.cli import app as node

TOOLS = {"airgrid-gateway": gateway, "airgrid-fleet": fleet, "airgrid-node": node}


def commands(app: typer.Typer, *before: str) -> Iterator[tuple[str, ...]]:
    for group in app.registered_groups:
        assert group.typer_instance is not None
        yield from commands(group.typer_instance, *before, str(group.name))
    for command in app.registered_commands:
        assert command.callback is not None
        yield *before, command.name or command.callback.__name__.replace("_", "-")


COMMANDS = [(tool, words) for tool, app in TOOLS.items() for words in commands(app)]


def help_of(tool: str, *words: str) -> str:
    ended = CliRunner().invoke(TOOLS[tool], [*words, "--help"], env={"COLUMNS": "200"})
    assert ended.exit_code == 0, ended.output
    return ended.output


@pytest.mark.parametrize(("tool", "words"), COMMANDS, ids=[" ".join((tool, *words)) for tool, words in COMMANDS])
def test_the_help_of_a_command_has_an_example_that_names_it(tool: str, words: tuple[str, ...]) -> None:
    text = help_of(tool, *words)
    assert " ".join((tool, *words)) in text.partition("Example:")[2].partition("\n\n")[0]


@pytest.mark.parametrize(("tool", "words"), [*COMMANDS, *((tool, ()) for tool in TOOLS), ("airgrid-fleet", ("token",))])
def test_a_switch_is_shown_without_a_value(tool: str, words: tuple[str, ...]) -> None:
    text = help_of(tool, *words)
    assert "--help" in text and "bool" not in text


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("airgrid-node pro", ["provision"]),
        ("airgrid-node flash /dev/ttyUSB0 --board esp", ["esp32", "esp32s3"]),
        ("airgrid-gateway en", ["enrol"]),
        ("airgrid-fleet token re", ["revoke"]),
    ],
)
def test_bash_completes_commands_and_values(typed: str, offered: list[str]) -> None:
    tool, *words = typed.split()
    asked = {f"_{tool.upper().replace('-', '_')}_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(len(words))}
    program = Path(sys.executable).with_name(tool)
    ended = subprocess.run([program], env={**os.environ, **asked}, capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.split() == offered


def test_every_command_is_walked() -> None:
    assert {("airgrid-fleet", ("token", "create")), ("airgrid-gateway", ("keys",)), ("airgrid-node", ("list",))} <= set(COMMANDS)


def test_a_technician_takes_of_the_package_of_services_what_every_program_has_only() -> None:
    names = {name for source in sources() if source.package == "technician" for name in imported_names(source)}
    assert {name for name in names if name.startswith("host")} == {"host.command_line.CommandLine", "host.start.start"}
