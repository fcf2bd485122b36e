"""The handbooks name commands and options that exist, and every word to be replaced is explained."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from fleet.cli import app as fleet_app
from gateway.command.cli import app as gateway_app
from hil_tests.source_tree import CHECKOUT
from technician.cli import app as technician_app

HANDBOOKS = sorted((CHECKOUT / "docs/handbook").glob("*.md"))
PROGRAMS = {
    name: typer.main.get_command(app)
    for name, app in {"airgrid-gateway": gateway_app, "airgrid-fleet": fleet_app, "airgrid-node": technician_app}.items()
}
_CODE = re.compile(r"```sh\n(.*?)```|`([^`]+)`", re.DOTALL)
_PLACEHOLDER = re.compile(r"(?<![A-Za-z0-9_$-])[A-Z][A-Z_]{3,}(?![A-Za-z0-9_=])")
# Words of the commands themselves.
_NOT_REPLACED = {"AIRGRID_TOKEN", "POST", "PATCH"}


def lines(text: str) -> Iterator[str]:
    for block, span in _CODE.findall(text):
        yield from (block or " ".join(span.split())).splitlines()


def calls(text: str) -> Iterator[list[str]]:
    """Words of each call of a program of ours, from its name on."""
    for line in lines(text):
        for part in re.split(r"; |&& |\|", line):
            words = shlex.split(part.partition(" #")[0]) if part.count('"') % 2 == 0 and part.count("'") % 2 == 0 else part.split()
            places = [index for index, word in enumerate(words) if word in PROGRAMS]
            if places:
                yield words[places[-1] :]
            elif "./install" in words:
                target = words[words.index("./install") + 1]
                yield [f"airgrid-{target}", "install", *words[words.index("./install") + 2 :]]


def fault(words: list[str]) -> str | None:
    command: Any = PROGRAMS[words[0]]
    rest = words[1:]
    while rest and hasattr(command, "commands") and not rest[0].startswith("-"):
        if rest[0] not in command.commands:
            return f"{' '.join(words)}: no command {rest[0]}"
        command, rest = command.commands[rest[0]], rest[1:]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}
    wrong = [word for word in rest if word.startswith("--") and word.split("=")[0] not in known]
    return f"{' '.join(words)}: no option {wrong[0]}" if wrong else None


@pytest.mark.parametrize("handbook", HANDBOOKS, ids=lambda path: path.name)
def test_every_command_and_option_that_it_names_exists(handbook: Path) -> None:
    found = list(calls(handbook.read_text()))
    assert len(found) >= 5
    assert [wrong for words in found if (wrong := fault(words))] == []


@pytest.mark.parametrize(
    "words", ["airgrid-gateway enroll", "airgrid-fleet token make", "airgrid-node flash --prot", "airgrid-fleet restore --over"]
)
def test_a_command_that_does_not_exist_is_found(words: str) -> None:
    assert fault(words.split()) is not None


@pytest.mark.parametrize("handbook", HANDBOOKS, ids=lambda path: path.name)
def test_every_word_to_be_replaced_is_explained(handbook: Path) -> None:
    text = handbook.read_text()
    used = {word for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for word in _PLACEHOLDER.findall(block)} - _NOT_REPLACED
    outside = re.sub(r"```sh\n.*?```", "", text, flags=re.DOTALL)
    assert not [word for word in sorted(used) if not re.search(rf"(?<![A-Z_]){word}(?![A-Z_])", outside)]
