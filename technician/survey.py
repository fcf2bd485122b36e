"""What is on the serial ports of this machine. A port is asked for a short time; a running node is asked at its console, which it answers
without stopping. Only a probe goes to the prompt of the interpreter, which stops what runs, and resets the board afterwards.
"""

import json
from typing import NamedTuple

from serial.tools import list_ports

from technician import build, console
from technician.board import ask
from technician.board_kinds import builds_for, version_text
from technician.errors import BoardError, BoardGoneError, NoPythonError
from technician.provision import IDENTITY
from technician.raw_repl import RawRepl

# A node looks at its console ten times a second, and blocks for half a second at the most when it writes to flash.
ANSWER_LIMIT_S = 3.0


PROVISIONED, NOT_PROVISIONED, BARE = "provisioned", "flashed and not provisioned", "without firmware of airgrid"
_NEXT = {
    PROVISIONED: "press its reset button; when it comes back to its prompt, flash it again",
    NOT_PROVISIONED: "airgrid-node provision gives it a name",
    BARE: "airgrid-node flash puts the firmware on it",
}


class Found(NamedTuple):
    """adapter: as the system calls it. what: a node, a board without one, or why nothing is known. board, node, firmware: empty where
    unknown."""

    port: str
    adapter: str
    serial: str
    what: str
    board: str = ""
    node: str = ""
    firmware: str = ""


def survey(names: list[str], probe: bool) -> list[Found]:
    """Of these ports; of all that the machine has, without any."""
    listed = [Found(port.device, port.description or "", port.serial_number or "", "") for port in list_ports.comports()]
    known = {found.port: found for found in listed}
    return [_look(found, probe) for found in ([known.get(name, Found(name, "", "", "")) for name in names] if names else listed)]


def at_prompt(port: str) -> tuple[str, str]:
    """Of a board that waits at its prompt: (what it is, what to do). It is reset afterwards."""
    found = _at_prompt(Found(port, "", "", ""))
    what = found.what.partition(",")[0]
    return found.what, _NEXT.get(what, "put MicroPython on it, then flash it")


def _look(found: Found, probe: bool) -> Found:
    try:
        answer = console.ask(found.port, "status", ANSWER_LIMIT_S)
    except console.AtPromptError:
        return _at_prompt(found)
    except NoPythonError:
        return _at_prompt(found) if probe else found._replace(what="nothing answers; --probe looks closer")
    except BoardError as error:
        return found._replace(what=error.reason.removeprefix(f"{found.port}: "))
    return found._replace(
        what="a running node", board=str(answer.get("hw", "")), node=str(answer.get("node", "")), firmware=str(answer.get("fw", ""))
    )


def _at_prompt(found: Found) -> Found:
    try:
        with RawRepl(found.port) as repl:
            facts = ask(repl)
            node = ""
            if IDENTITY.lstrip("/") in facts.files:
                node = _node_of(repl.exec(f"print(open({IDENTITY!r}).read())"))
            repl.exec_and_leave("import machine; machine.reset()")
    except (NoPythonError, BoardGoneError):
        return found._replace(what="no MicroPython answers")
    except BoardError as error:
        return found._replace(what=error.reason.removeprefix(f"{found.port}: "))
    what = PROVISIONED if node else NOT_PROVISIONED if "main.py" in facts.files else BARE
    builds = " or ".join(builds_for(facts, build.boards())) or facts.machine
    return found._replace(what=f"{what}, {version_text(facts)}", board=builds, node=node)


def _node_of(content: bytes) -> str:
    try:
        fields = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    return str(fields.get("node", "")) if isinstance(fields, dict) else ""
