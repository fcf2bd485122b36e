"""The command `install` of the fleet service: asks the plan, shows what it does. What is done stands in host/installation."""

import sys
from pathlib import Path, PurePosixPath
from typing import Annotated

import typer

from fleet.errors import ConfigurationError
from fleet.installation.certificate import read_pair
from fleet.installation.install_plan import CONFIGURATION, SERVICE, USER, Choices, faults, options, plan
from fleet.option_file import read_options
from fleet.option_words import Options, option_line
from host.installation.report import dry_run_lines, print_lines, rights_faults, run_lines
from host.installation.run import Machine
from host.installation.steps import program_in_use

_NEXT_STEPS = """
Next:
  1. sudo -u {USER} airgrid-fleet token create NAME     (printed once; with it anyone may configure the district)
  2. sudo -u {USER} airgrid-fleet doctor
  3. sudo systemctl start {SERVICE}; then look at {url}
The signing key in the state folder is what gateways trust: make copies with airgrid-fleet backup, and keep them elsewhere."""


def install(
    certificate: Annotated[Path | None, typer.Option(help="certificate with its chain, a file, PEM; copied")] = None,
    key: Annotated[Path | None, typer.Option(help="its key, a file, PEM, without a passphrase; copied")] = None,
    behind_tls_proxy: Annotated[bool, typer.Option("--behind-tls-proxy", help="another program of this machine ends TLS")] = False,
    port: Annotated[int | None, typer.Option(min=1024, max=65535, help="8443 with a certificate, else 8080")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only print what would be done")] = False,
    root: Annotated[Path, typer.Option(help="write below this folder and run nothing: for images")] = Path("/"),
) -> None:
    """Makes this machine the fleet service of a district (Debian 12 or 13, as root): user, folders, configuration, unit, limits of the log,
    signing key. May be run again; what people have edited stays. Without a certificate it listens on this machine only.

    Example: `sudo airgrid-fleet install --certificate fleet.pem --key fleet.key`
    """
    machine = Machine.at(root)
    pair = read_pair(certificate, key)
    program = program_in_use(PurePosixPath(sys.prefix), SERVICE)
    choices = Choices(program, pair, behind_tls_proxy, port)
    present = _present(machine)
    wrong = faults(choices) + rights_faults(machine)
    if dry_run:
        print_lines(dry_run_lines(plan(choices), machine))
    if wrong:
        raise ConfigurationError([f"a real run refuses: {fault}" if dry_run else fault for fault in wrong])
    if not dry_run:
        print_lines(run_lines(plan(choices), machine))
    given = {"certificate": certificate, "behind-tls-proxy": behind_tls_proxy, "port": port}
    if present is not None and any(given.values()):
        _say_what_is_not_written(options(choices), present)
    if not dry_run:
        typer.echo(_NEXT_STEPS.format(USER=USER, SERVICE=SERVICE, url=_url(present or options(choices))))


def _present(machine: Machine) -> Options | None:
    """What the configuration file of an earlier installation has; None: there is none."""
    path = machine.place(CONFIGURATION)
    return read_options(path) if path.exists() else None


def _say_what_is_not_written(wanted: Options, present: Options) -> None:
    lines = [f"  {option_line(name, value)}" for name, value in wanted.items() if present.get(name) != value]
    if lines:
        typer.echo(f"\n{CONFIGURATION} stays as it is. For what this command was given it needs these lines:")
        typer.echo("\n".join(lines))
        typer.echo(f"then: sudo systemctl restart {SERVICE}")


def _url(chosen: Options) -> str:
    host = chosen.get("host", "127.0.0.1")
    shown = "<this machine>" if host in ("0.0.0.0", "::") else host
    return f"{'https' if 'tls_certificate' in chosen else 'http'}://{shown}:{chosen.get('port', '8080')}/"
