"""airgrid-node: the technician's commands, by their names. Every command has --json for one line of JSON instead."""

from importlib.metadata import version
from typing import Annotated

import typer

from host.command_line import CommandLine
from technician.commands import boards, consoles, nodes

app = CommandLine(
    help="Build, flash and provision the nodes of an air monitor grid, and ask them.\n\n"
    "Exit codes: 0 done, 1 a fault, 2 wrong options, 130 ended by Ctrl-C.",
)

app.command("list")(boards.list_)
app.command("build")(boards.build_)
app.command("flash")(boards.flash_)
app.command("provision")(nodes.provision)
app.command("register")(nodes.register)
app.command("move")(nodes.move)
app.command("retire")(nodes.retire)
app.command("console")(consoles.console_)


def main() -> None:
    app()


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("airgrid"))
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="print the version and end")] = False,
) -> None:
    """What stands before the command."""
