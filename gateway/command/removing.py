"""The command `uninstall`: asks, and shows what is removed and what stays. What is done stands in host/installation/removal.py."""

import sqlite3
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import Annotated

import typer

from gateway.command.cli_errors import DEFAULT_CONFIG, EXIT_CONFIGURATION, exit_on_fault, print_error
from gateway.installation.install_plan import OWN_UNITS, SERVICE, STATE, USER, Choices, plan
from gateway.store.database import FILE_NAME, open_for_reading
from host.installation.program_removal import program_lines, refuse_on_trial
from host.installation.removal import removal_lines
from host.installation.report import print_lines, rights_faults
from host.installation.run import Machine
from host.release.places import Places
from host.state_lock import StateLock


def uninstall(
    purge: Annotated[bool, typer.Option("--purge", help="also delete the buffer, the identity and the configuration; asks twice")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    root: Annotated[Path, typer.Option(help="below this folder, and stop nothing: for images of a card")] = Path("/"),
) -> None:
    """Stops the gateway and removes what `install` has placed; programs go when nothing else here runs on them.

    State and configuration stay, unless they are purged.

    Example: `sudo airgrid-gateway uninstall`
    """
    machine = Machine.at(root)
    state = machine.place(STATE)
    for fault in rights_faults(machine):
        print_error(fault)
        raise SystemExit(EXIT_CONFIGURATION)
    with exit_on_fault(DEFAULT_CONFIG):
        refuse_on_trial("gateway", "uninstall", Places(root))
        if purge and not yes:
            _ask(state)
        if state.is_dir() and not machine.has_systemd:
            with StateLock(state).held():
                pass  # nobody runs on it
        nothing = Choices(PurePosixPath("/"), "", (), "", "")
        units = (*OWN_UNITS, "airgrid-broker-access.service")
        count = print_lines(removal_lines(plan(nothing), units, machine, USER, purge=purge))
        count += print_lines(program_lines("gateway", Places(root)))
    if not count:
        typer.echo(f"{SERVICE} is not installed below {root}: nothing was removed")
        return
    typer.echo("\nMosquitto stays: apt-get remove mosquitto, or systemctl restart mosquitto to run it without airgrid's rules.")
    if not purge and state.exists():
        typer.echo(f"State and configuration stay: a new {SERVICE} install goes on with them; uninstall --purge deletes them.")


def _ask(state: Path) -> None:
    """Raises typer.Abort."""
    typer.echo(f"This deletes {state} with {_waiting(state)} that the fleet does not have, the identity and the configuration.")
    typer.confirm("Is there a copy (airgrid-gateway backup), or is none needed?", abort=True)
    if typer.prompt("Type delete to delete all of it") != "delete":
        raise typer.Abort


def _waiting(state: Path) -> str:
    if not (state / FILE_NAME).exists():
        return "nothing"
    try:
        with closing(open_for_reading(state / FILE_NAME)) as connection:
            return f"{connection.execute('SELECT count(*) FROM unsent').fetchone()[0]} items"
    except sqlite3.Error:
        return "everything"
