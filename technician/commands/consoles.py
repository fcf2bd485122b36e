"""The command that asks a running node at its serial port. Reads options, calls, shows."""

from typing import Annotated, Any

import typer

from technician import answers, console, survey
from technician.commands.shown import AsJson, Port, errors, show
from technician.errors import BoardError

# `raw` may listen for 30 s before it answers.
RAW_MOST_S = 30.0


def console_(
    port: Port,
    command: Annotated[list[str] | None, typer.Argument(help="help, status, sensors, raw, selftest, set. None: a terminal.")] = None,
    as_json: AsJson = False,
) -> None:
    """Ask a running node at its serial port, which goes on running.

    Example: airgrid-node console /dev/ttyUSB0 status; airgrid-node console /dev/ttyUSB0 selftest; airgrid-node console /dev/ttyUSB0 set
    period_ms 5000
    """
    with errors(as_json):
        if not command:
            console.talk(port)
            return
        answer = _ask(port, command)
        show(as_json, answers.for_programs(answer), answers.shown(command[0], answer))
        if "error" in answer or answer.get("ok") is False:
            raise typer.Exit(1)


def _ask(port: str, command: list[str]) -> dict[str, Any]:
    limit_s = console.ANSWER_LIMIT_S + (RAW_MOST_S if command[0] == "raw" else 0)
    try:
        return console.ask(port, " ".join(command), limit_s)
    except console.AtPromptError as error:
        what, next_step = survey.at_prompt(port)
        raise BoardError(port, f"no node runs on this board: it is {what}", next_step) from error
