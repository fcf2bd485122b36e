"""What every command has in common: options of the same meaning, one way to show an answer, one way to show an error. Decides nothing."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.progress import BarColumn, DownloadColumn, Progress

from technician.errors import FleetError, InterruptError, TechnicianError, leaving, reason_of

TOKEN_VARIABLE = "AIRGRID_TOKEN"
EXIT_FAULT, EXIT_INTERRUPTED = 1, 130

AsJson = Annotated[bool, typer.Option("--json", help="One line of JSON.")]
Port = Annotated[str, typer.Argument(help="Serial port, such as /dev/ttyUSB0; `airgrid-node list` shows them.")]


# Those of firmware/node/boards, as the help shows them; a test compares.
BOARDS = ("esp32", "esp32s3", "pico2_w", "pico_w", "virtual")


def _boards(incomplete: str) -> list[str]:
    return [name for name in BOARDS if name.startswith(incomplete)]


BOARD_OPTION = typer.Option("--board", help=f"Its wiring: {', '.join(BOARDS)}.", autocompletion=_boards)

console = Console()


def show(as_json: bool, fields: dict[str, Any], text: RenderableType) -> None:
    if as_json:
        sys.stdout.write(json.dumps(fields) + "\n")
    elif isinstance(text, str):
        console.print(text, highlight=False, markup=False, soft_wrap=True)
    else:
        console.print(text)


@contextmanager
def errors(as_json: bool) -> Iterator[None]:
    """Of whatever happens in the block a person reads a sentence, and a program one line of JSON; the exit code is 1, of Ctrl-C 130."""
    try:
        with leaving(""):
            yield
    except TechnicianError as error:
        _fail(as_json, error)
        raise typer.Exit(EXIT_INTERRUPTED if isinstance(error, InterruptError) else EXIT_FAULT) from error
    except OSError as error:  # of files that were named; those of ports are BoardErrors
        where = f"{error.filename}: " if error.filename else ""
        _fail(as_json, TechnicianError(f"{where}{reason_of(error)}", "see that it is there and that you may use it, then run it again"))
        raise typer.Exit(EXIT_FAULT) from error


def _fail(as_json: bool, error: TechnicianError) -> None:
    if as_json:
        show(True, {"error": error.reason, "state": error.state, "next": error.next_step}, "")
    else:
        Console(stderr=True).print(str(error), style="red", highlight=False, markup=False, soft_wrap=True)


def progress(as_json: bool) -> Progress:
    shown = Console(stderr=True)
    hidden = as_json or not shown.is_terminal
    return Progress("{task.description}", BarColumn(), DownloadColumn(), console=shown, disable=hidden, transient=True)


def token() -> str:
    found = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not found:
        raise FleetError(f"the fleet's token is expected in {TOKEN_VARIABLE}", f"export {TOKEN_VARIABLE}=…, then run it again")
    if not found.isascii() or not found.isprintable():
        raise FleetError(f"what is in {TOKEN_VARIABLE} is no token", "paste it again")
    return found
