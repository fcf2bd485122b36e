"""The command line: reads arguments and prints. What is done stands in the modules that it calls."""

import asyncio
import json
import os
import shutil
import sys
import textwrap
from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated

import typer

from gateway import configuration
from gateway.command.cli_errors import (
    DEFAULT_CONFIG,
    EXIT_FAULT,
    exit_on_fault,
    load_configuration,
    print_error,
    with_config,
)
from gateway.command.copying import CONFIGURATION_NAME, backup, prepare_copy, resend, restore
from gateway.command.export import Format, check_range, export_to, moment_ms, nothing_found, print_inspection
from gateway.command.installing import install
from gateway.command.options import ConfigOption, JsonOption
from gateway.command.removing import uninstall
from gateway.command.status_text import print_status
from gateway.configuration import NAMED_SECTIONS, SECTIONS
from gateway.health.signs import read_signs
from gateway.health.status import read_status
from gateway.identity_file import load
from gateway.process import state_folder
from gateway.store.database import FILE_NAME, make_if_missing
from gateway.store.export import ExportFilter
from gateway.store.inspection import inspect_buffer
from gateway.store.site.dating import Limits
from gateway.time.clock import Clock
from gateway.version import VERSION
from host.command_line import CommandLine
from host.copies.putting_back import Target, finish
from host.findings import Finding, as_lines
from host.findings import as_json as as_json_text
from host.release import shown as release_shown
from host.state_lock import StateLock


def _keys_text(width: int) -> str:
    def indented(text: str) -> list[str]:
        return textwrap.wrap(text, width, initial_indent="      ", subsequent_indent="      ")

    lines: list[str] = []
    for name, section in SECTIONS.items():
        lines.append(f"[{name}]")
        for key in fields(section):
            default = "required" if configuration.is_required(key) else json.dumps(key.default)
            lines += [f"  {key.name} = {default}", *indented(f"{configuration.allowed(key)}: {key.metadata['meaning']}")]
        lines.append("")
    for name, named in NAMED_SECTIONS.items():
        lines += [f"[{name}]", f"  NAME = {named.allowed}", *indented(named.meaning), ""]
    return "\n".join(lines)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(VERSION)
        raise typer.Exit


app = CommandLine(
    rich_markup_mode="markdown",
    help="The gateway of a site: takes what nodes report over MQTT, keeps it until the fleet service has it, and passes settings "
    "from the fleet to the nodes.\n\nFirst time, as root: `airgrid-gateway install --fleet URL`; then, as the user `airgrid`, with a code "
    "from an administrator: `airgrid-gateway enrol --code CODE`, `airgrid-gateway doctor`; then `systemctl start airgrid-gateway`.\n\n"
    "When something does not work: `airgrid-gateway doctor`. `airgrid-gateway keys` lists every key of the configuration.\n\n"
    "Exit codes: 0 done, 1 a fault (of `doctor`: at least one; a note is no fault), 2 wrong options or configuration.",
)


@app.callback()
def before_a_command(
    show_version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="print the version and end")
    ] = False,
) -> None:
    """What stands before a command."""


@app.command()
def run(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Runs until SIGTERM. Logs JSON lines to standard error. May be killed at any moment: nothing acknowledged is lost.

    Example: `sudo -u airgrid airgrid-gateway run`; as a service: `sudo systemctl start airgrid-gateway`
    """
    settings = load_configuration(config)
    with exit_on_fault(config):
        state_folder.check(settings.state)
        lock = StateLock(settings.state)
        lock.hold()
        if finish(Target(settings.state, {CONFIGURATION_NAME: config})):  # a restore that a power cut had interrupted
            settings = load_configuration(config)
        load(settings.state)
        make_if_missing(settings.state / FILE_NAME, settings.buffer.budget_bytes)
        lock.release()
    # Safe path (-P): the folder that it is started in has no influence on what is imported.
    os.execv(sys.executable, [sys.executable, "-P", "-m", "gateway.command.service", str(config)])


@app.command()
def doctor(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Looks at configuration, permissions, clock, disk, enrolment, desired document, outputs, hooks, ports, broker, fleet and its
    certificate; says what to do about each fault. A note is no fault. Exit code 1: a fault.

    Example: `sudo -u airgrid airgrid-gateway doctor`
    """
    from gateway.command.doctor import findings  # here: it brings HTTP and MQTT, which other commands need not wait for

    settings = load_configuration(config)
    found = [Finding("configuration", "valid"), *asyncio.run(findings(settings, config))]
    found = [replace(f, text=with_config(f.text, config), advice=with_config(f.advice, config)) for f in found]
    typer.echo(as_json_text(found) if as_json else "\n".join(as_lines(found)))
    if not all(finding.well for finding in found):
        raise typer.Exit(EXIT_FAULT)


@app.command()
def status(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Shows open alarms and outputs that are on, what waits, nodes, counters and last errors. Works while the gateway runs, and when not.

    Example: `sudo -u airgrid airgrid-gateway status`
    """
    settings = load_configuration(config)
    with exit_on_fault(config):
        state_folder.mode_of(settings.state)
        shown = read_status(settings.state, Clock().utc_ms())
        signs = release_shown.to_document(read_signs(shown, settings.state))
    if as_json:
        typer.echo(json.dumps(shown | {release_shown.KEY: signs}, indent=1))
    else:
        print_status(shown, lambda text: with_config(text, config))


@app.command()
def enrol(
    code: Annotated[str, typer.Option(help="one-time code from an administrator")],
    config: ConfigOption = DEFAULT_CONFIG,
    again: Annotated[bool, typer.Option("--again", help="this gateway has an identity, and the fleet refuses its token")] = False,
) -> None:
    """Turns a one-time code into this gateway's identity, kept in the state folder, readable by its owner only.

    Example: `sudo -u airgrid airgrid-gateway enrol --code CODE`
    """
    from gateway.command.enrolment import enrol_gateway  # here: it brings the HTTP client

    settings = load_configuration(config)
    with exit_on_fault(config):
        identity = asyncio.run(enrol_gateway(settings, code, again=again))
        running = StateLock(settings.state).is_held()
    typer.echo(f"enrolled as {identity.gateway}" + ("; it takes effect with: systemctl restart airgrid-gateway" if running else ""))


app.command()(install)
app.command()(uninstall)
app.command()(backup)
app.command()(restore)
app.command()(resend)
app.command("prepare-restored", hidden=True)(prepare_copy)


@app.command()
def inspect(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Looks into the buffer: lanes, nodes, boots, gaps and why, refusals, sizes. Works while the gateway runs; changes nothing.

    Example: `sudo -u airgrid airgrid-gateway inspect`
    """
    settings = load_configuration(config)
    with exit_on_fault(config):
        state_folder.mode_of(settings.state)
        shown = inspect_buffer(settings.state)
    if as_json:
        typer.echo(json.dumps(shown, indent=1))
    else:
        print_inspection(shown)


@app.command()
def export(
    config: ConfigOption = DEFAULT_CONFIG,
    node: Annotated[str | None, typer.Option(help="only this one")] = None,
    begin: Annotated[str, typer.Option("--from", help="first moment, with its offset, such as 2027-01-15T08:00Z")] = "",
    end: Annotated[str, typer.Option("--to", help="moment before which the last period begins")] = "",
    as_: Annotated[Format, typer.Option("--format", help="of the lines")] = Format.CSV,
    out: Annotated[Path | None, typer.Option(help="file to write; standard output where none is named")] = None,
    force: Annotated[bool, typer.Option("--force", help="overwrite the file of --out")] = False,
) -> None:
    """Writes every value that the buffer still has, raw or as a summary, in real units; says how many lines, of what time, and where. Works
    while the gateway runs; changes nothing. Exit code 1: there was nothing to write.

    Example: `sudo -u airgrid airgrid-gateway export --node n-0001 --from 2027-01-15T08:00Z --out /tmp/n-0001.csv`
    """
    settings = load_configuration(config)
    gateway = settings.gateway
    limits = Limits(gateway.clock_error_ms, gateway.drift_ppm, 1000 * gateway.undated_age_s)
    wanted = ExportFilter(node, moment_ms(begin, 0), moment_ms(end, 1 << 62))
    check_range(wanted)
    if out is not None and not out.absolute().parent.is_dir():
        raise typer.BadParameter(f"{out.parent}: no such folder", param_hint="--out")
    if out is not None and out.exists() and not force:
        raise typer.BadParameter(f"{out}: is there already; --force overwrites it", param_hint="--out")
    with exit_on_fault(config):
        state_folder.mode_of(settings.state)
        written = export_to(out, as_, settings.state, limits, wanted)
        if not written.lines:
            print_error(with_config(nothing_found(settings.state, wanted), config))
            raise typer.Exit(EXIT_FAULT)
    print_error(written.text(out))


@app.command()
def keys() -> None:
    """Lists every key of the configuration file: default, what is allowed, meaning.

    Example: `airgrid-gateway keys`
    """
    typer.echo(_keys_text(min(100, shutil.get_terminal_size().columns)))


def main() -> None:
    app()
