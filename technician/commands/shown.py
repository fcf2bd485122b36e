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

from technician.errors import FleetError, TechnicianError, reason_of

TOKEN_VARIABLE = "AIRGRID_TOKEN"
INTERRUPTED = "Interrupted. The board may have a part of what was to be written.\nNext: run the same command again: it goes on from there."

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
        sys.stdout.write(json.dumps(fields, ensure_ascii=False) + "\n")
    elif isinstance(text, str):
        console.print(text, highlight=False, markup=False, soft_wrap=True)
    else:
        console.print(text)


@contextmanager
def errors(as_json: bool) -> Iterator[None]:
    """Of whatever happens in the block a person reads a sentence, and a program one line of JSON; the exit code is 1."""
    try:
        yield
    except TechnicianError as error:
        fields: dict[str, Any] = {"error": error.reason, "state": error.state, "next": error.next_step}
        _fail(as_json, fields, str(error))
        raise typer.Exit(1) from error
    except OSError as error:  # of files that were named; those of ports are BoardErrors
        text = f"{error.filename}: {reason_of(error)}" if error.filename else reason_of(error)
        _fail(as_json, {"error": text, "state": "", "next": ""}, text)
        raise typer.Exit(1) from error
    except KeyboardInterrupt as error:
        _fail(as_json, {"error": "interrupted", "state": "", "next": "run the same command again"}, INTERRUPTED)
        raise typer.Exit(130) from error


def _fail(as_json: bool, fields: dict[str, Any], text: str) -> None:
    if as_json:
        show(True, fields, "")
    else:
        Console(stderr=True).print(text, style="red", highlight=False, markup=False, soft_wrap=True)


def progress(as_json: bool) -> Progress:
    shown = Console(stderr=True)
    return Progress("{task.description}", BarColumn(), DownloadColumn(), console=shown, disable=as_json, transient=True)


def token() -> str:
    found = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not found:
        raise FleetError(f"the fleet's token is expected in {TOKEN_VARIABLE}", f"export {TOKEN_VARIABLE}=…, then run it again")
    if not found.isascii() or not found.isprintable():
        raise FleetError(f"what is in {TOKEN_VARIABLE} is no token", "paste it again")
    return found
