"""Commands about boards: which there are, their firmware. Reads options, calls, shows."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from technician import build, survey
from technician.board import Board
from technician.commands.shown import BOARD_OPTION, AsJson, Port, errors, progress, show
from technician.errors import leaving
from technician.flash import flash
from technician.survey import Found

Build = Annotated[str, BOARD_OPTION]


def list_(
    ports: Annotated[list[str] | None, typer.Argument(help="Only these ports. None: all of this machine.")] = None,
    probe: Annotated[bool, typer.Option(help="Also boards on which no node runs. It stops what runs on them, and resets them.")] = False,
    as_json: AsJson = False,
) -> None:
    """Serial ports, and what is on each: which board, which node, which firmware. A running node goes on running.

    Example: airgrid-node list --probe
    """
    with errors(as_json):
        found = survey.survey(ports or [], probe)
        none = "There is no serial port. Is the board plugged in?"
        show(as_json, {"ports": [one._asdict() for one in found]}, _table(found) if found else none)


def build_(
    folder: Path, board: Build, source: Annotated[bool, typer.Option(help="Sources, not bytecode.")] = False, as_json: AsJson = False
) -> None:
    """Write the files of a board's flash into a folder.

    Example: airgrid-node build flash --board esp32
    """
    with errors(as_json):
        files = build.flash_files(board, compiled=not source)
        for path, content in files.items():
            target = folder / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        total = sum(map(len, files.values()))
        show(as_json, {"board": board, "files": len(files), "bytes": total}, f"{len(files)} files, {total} bytes in {folder}")


def flash_(port: Port, board: Build, as_json: AsJson = False) -> None:
    """Put the firmware on a board: only what differs, then reset. Its identity and its settings stay.

    Example: airgrid-node flash /dev/ttyUSB0 --board esp32
    """
    with errors(as_json):
        with ExitStack() as stack:
            with leaving("Nothing was written to the board."):
                files = build.flash_files(board)
                device = stack.enter_context(Board(port))
            bar = stack.enter_context(progress(as_json))
            task = bar.add_task("flash", total=None)
            flashed = flash(device, board, build.boards(), files, lambda done, total: bar.update(task, completed=done, total=total))
        kind = "in place, as an image" if flashed.in_place else "as files, which take more of the heap: no ROMFS partition has room"
        written = f"the application {kind}; {len(flashed.written)} written ({flashed.bytes_written} bytes)"
        show(as_json, flashed._asdict(), f"{written}, {len(flashed.removed)} removed, {flashed.same} the same; reset")


def _table(found: list[Found]) -> Table:
    table = Table("port", "adapter", "what is there", "board", "node", "firmware")
    for one in found:
        table.add_row(one.port, one.adapter, one.what, one.board, one.node, one.firmware)
    return table
