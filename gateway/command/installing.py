"""The command `install`: asks the plan, shows what it does. What is done stands in gateway/installation and host/installation."""

import re
import secrets
import socket
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Annotated

import typer

from gateway import configuration
from gateway.command.cli_errors import DEFAULT_CONFIG, EXIT_CONFIGURATION, exit_on_fault, print_error
from gateway.installation.install_plan import BROKER_LIMITS, CONFIGURATION, DEVICE_GROUPS, NFT, SERVICE, USER, Choices, faults, plan
from gateway.installation.present import Present, present_on
from gateway.uplink.plain_http import ALLOW, plain_http_is_open
from gateway.web.own_requests import names_of
from host.installation.report import dry_run_lines, print_lines, rights_faults, run_lines
from host.installation.run import Machine, machine_groups
from host.installation.steps import program_in_use

_NEXT_STEPS = """
Next:
  1. look through {CONFIGURATION}: the address of the fleet, the PIN of the local page
  2. sudo -u {USER} {program} enrol --code CODE      (the code comes from an administrator)
  3. sudo -u {USER} {program} doctor
  4. sudo systemctl start {SERVICE}; then look at http://<this machine>:8088/
The hardware watchdog begins at the next boot."""


def install(
    fleet: Annotated[str, typer.Option(help="address of the fleet service; not needed again where a gateway is installed")] = "",
    plain_http: Annotated[
        bool,
        typer.Option("--plain-http", help="allow http:// to a fleet on another machine: anybody on the way reads and changes everything"),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only print what would be done")] = False,
    root: Annotated[Path, typer.Option(help="write below this folder and run nothing: for images of a card")] = Path("/"),
) -> None:
    """Makes this machine a gateway (Debian 12 or 13, as root): user, folders, units, broker with access rules, limits of the log, hardware
    watchdog. May be run again; what people have edited stays.

    Example: `sudo airgrid-gateway install --fleet https://fleet.example`
    """
    machine = Machine.at(root)
    with exit_on_fault(DEFAULT_CONFIG):
        present = present_on(machine.place(CONFIGURATION))
    choices = _choices(_fleet_url(fleet, present.url if present else None), plain_http, _names() if machine.is_this else "")
    steps = plan(choices)
    wrong = faults(choices) + rights_faults(machine) + _plain_http_faults(present or Present(choices.fleet_url, choices.plain_http, ""))
    with exit_on_fault(DEFAULT_CONFIG):
        if dry_run:
            print_lines(dry_run_lines(steps, machine))
        for fault in wrong:
            print_error(f"a real run refuses: {fault}" if dry_run else fault)
        if wrong:
            raise SystemExit(EXIT_CONFIGURATION)
        if not dry_run:
            print_lines(run_lines(steps, machine))
    if present is not None and fleet not in ("", present.url):
        _say_that_the_fleet_stays(present.url, fleet)
    if not dry_run:
        print_lines(missing_lines(present, choices.names, has_nft=machine.place(NFT).exists()))
        typer.echo(_NEXT_STEPS.format(program=choices.program, CONFIGURATION=CONFIGURATION, USER=USER, SERVICE=SERVICE))


def _fleet_url(given: str, present: str | None) -> str:
    if not given and present is None:
        raise typer.BadParameter(
            "needed the first time: the address of the fleet service, such as https://fleet.example", param_hint="--fleet"
        )
    url = present if present is not None else given
    for address in {given or url, url}:
        if not configuration.is_url(address):
            raise typer.BadParameter(
                f"{address!r} must be {configuration.URL_ALLOWED}, such as https://fleet.example", param_hint="--fleet"
            )
    return url


def _say_that_the_fleet_stays(present: str, given: str) -> None:
    typer.echo(f"\nThe fleet stays {present}, as {CONFIGURATION} has it; {given} was not written.")
    typer.echo(f"To change it: edit [fleet] url in {CONFIGURATION}, then: sudo systemctl restart {SERVICE}")
    typer.echo("Another fleet service does not know this gateway: it needs a code of that one, and airgrid-gateway enrol.")


def missing_lines(present: Present | None, names: str, *, has_nft: bool) -> Iterator[str]:
    """What does not work yet, and how to have it. `present`: an earlier configuration, which stays as it is; `names`: of this machine."""
    missing = ", ".join(sorted(names_of(names) - names_of(present.names))) if present is not None else ""
    if missing:
        yield f"\nThe local page answers 421 to a name that {CONFIGURATION} does not list, such as {missing}; addresses always work."
        yield f"If browsers or Prometheus use a name: add it to [web] names there, then: sudo systemctl restart {SERVICE}"
    if not has_nft:
        yield f"\nThere is no {NFT} here: the broker has no limits by address, so one machine of the site can keep new nodes out."
        yield f"To have them: sudo apt-get install nftables, then: sudo systemctl restart {BROKER_LIMITS}"


def _names() -> str:
    """Of this machine, as a browser in its network asks for it."""
    name = socket.gethostname().partition(".")[0]
    return f"{name}, {name}.local" if re.fullmatch("[A-Za-z0-9-]+", name) else ""


def _plain_http_faults(fleet: Present) -> list[str]:
    if not plain_http_is_open(fleet.url, fleet.plain_http):
        return []
    return [f"{fleet.url}: anybody on the way reads and changes everything -> take https://, or allow it: --plain-http, {ALLOW}"]


def _choices(fleet_url: str, plain_http: bool, names: str) -> Choices:
    return Choices(
        names=names,
        plain_http="allowed" if plain_http else "refused",
        program=program_in_use(PurePosixPath(sys.prefix), SERVICE),
        fleet_url=fleet_url,
        groups=machine_groups(DEVICE_GROUPS),
        broker_password=secrets.token_hex(16),
        pin=f"{secrets.randbelow(1_000_000):06d}",
    )
