"""The command `uninstall`: asks, and shows what is removed and what stays. What is done stands in host/installation/removal.py."""

from pathlib import Path, PurePosixPath
from typing import Annotated

import typer

from fleet.errors import ConfigurationError
from fleet.installation.install_plan import OWN_UNITS, SERVICE, STATE, USER, Choices, plan
from host.installation.program_removal import program_lines, refuse_on_trial
from host.installation.removal import removal_lines
from host.installation.report import print_lines, rights_faults
from host.installation.run import Machine
from host.release.places import Places
from host.state_lock import StateLock


def uninstall(
    purge: Annotated[
        bool, typer.Option("--purge", help="also delete the record, the signing key and the configuration; asks twice")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    root: Annotated[Path, typer.Option(help="below this folder, and stop nothing: for images")] = Path("/"),
) -> None:
    """Stops the service and removes what `install` has placed; programs go when nothing else here runs on them.

    Record, key and configuration stay, unless they are purged.

    Example: `sudo airgrid-fleet uninstall`
    """
    machine = Machine.at(root)
    state = machine.place(STATE)
    wrong = rights_faults(machine)
    if wrong:
        raise ConfigurationError(wrong)
    refuse_on_trial("fleet", "uninstall", Places(root))
    if purge and not yes:
        typer.echo(f"This deletes {state}: the record of the district, and the signing key that every gateway trusts.")
        typer.confirm("Is there a copy (airgrid-fleet backup), or is none needed?", abort=True)
        if typer.prompt("Type delete to delete all of it") != "delete":
            raise typer.Abort
    if state.is_dir() and not machine.has_systemd:
        with StateLock(state).held():
            pass  # nobody runs on it
    # Their contents do not matter, their places do.
    count = print_lines(removal_lines(plan(Choices(PurePosixPath("/"), ("", ""))), OWN_UNITS, machine, USER, purge=purge))
    count += print_lines(program_lines("fleet", Places(root)))
    if not count:
        typer.echo(f"{SERVICE} is not installed below {root}: nothing was removed")
    elif not purge and state.exists():
        typer.echo(f"\nRecord, key and configuration stay: a new {SERVICE} install goes on with them; uninstall --purge deletes them.")
