"""The command airgrid-fleet: its first steps, tokens and the service itself. Prints what people need; decides nothing."""

import logging
import sys
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from fleet import state_folder
from fleet.application import build_application
from fleet.clock import Clock
from fleet.command.auditing import audit_app
from fleet.command.called import called, called_with
from fleet.command.configured import ConfigOption, DatabaseOption, StateOption, configured
from fleet.command.copying import backup, configuration_files, release_documents, restore
from fleet.command.doctor import findings
from fleet.command.installing import install
from fleet.command.opening import opened_store
from fleet.command.removing import uninstall
from fleet.command.status import status
from fleet.errors import ConfigurationError, FleetError
from fleet.http.listening_place import check_free
from fleet.http.request_id import OfRequest
from fleet.options import Configuration
from fleet.people import admin_tokens
from fleet.people.audit import REASON_CHARACTERS, Act
from fleet.people.rights import ADMINISTRATOR, Grant, Role, grant_text
from fleet.places.scopes import require_area
from fleet.service import Service
from fleet.serving import serve
from fleet.store.dialect import for_writing
from fleet.store.engine import open_store
from fleet.store.fault_words import in_words
from fleet.store.storable import storable
from host.command_line import CommandLine
from host.copies.putting_back import Target, finish, is_unfinished
from host.errors import HostError
from host.faults_in_words import of_system
from host.findings import Finding, as_lines
from host.findings import as_json as as_json_text
from host.kernel_clock import is_synchronised
from host.logs.limited_handler import set_up
from host.state_lock import StateLock

DAY_MS = 86_400_000
EXIT_FAULT = 1
EXIT_CONFIGURATION = 2

app = CommandLine(
    rich_markup_mode="markdown",
    help="The fleet service of a district: takes what gateways deliver, keeps the record, and sends settings back.\n\n"
    "First time, as a service: `sudo airgrid-fleet install`, `sudo -u airgrid-fleet airgrid-fleet token create NAME`, "
    "`sudo systemctl start airgrid-fleet`.\n\n"
    "First time, to try it: `airgrid-fleet init --state DIR`, `airgrid-fleet token create NAME --state DIR`, "
    "`airgrid-fleet run --state DIR`.\n\n"
    "When something does not work: `airgrid-fleet doctor`.\n\n"
    "Exit codes: 0 done, 1 a fault (of `doctor`: at least one; a note is no fault), 2 wrong options or configuration.",
)
token_app = CommandLine(help="Tokens of the admin API. Example: `airgrid-fleet token create anna`", rich_markup_mode="markdown")
app.add_typer(token_app, name="token")
app.add_typer(audit_app, name="audit")

ReasonOption = Annotated[str, typer.Option(help="why, for the record of changes")]
RoleOption = Annotated[Role, typer.Option(help="what it may do: each role may do what those before it may")]
AreaOption = Annotated[str, typer.Option(help="code of the area where, with all below it; the whole district when absent")]
Name = Annotated[str, typer.Argument(help="whom the token is for; recorded with everything it does")]


def main() -> None:
    try:
        app()
    except ConfigurationError as error:
        _exit(error.faults, EXIT_CONFIGURATION)
    except (FleetError, HostError) as error:
        _exit([str(error)], EXIT_FAULT)
    except SQLAlchemyError as error:
        _exit([f"the database cannot be used: {' -> '.join(in_words(error))}"], EXIT_FAULT)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _exit([place + " -> ".join(of_system(error))], EXIT_FAULT)


def _exit(faults: list[str], code: int) -> None:
    call = called(sys.argv[1:])
    for fault in faults:
        sys.stderr.write(f"airgrid-fleet: {call.completed(fault)}\n")
    raise SystemExit(code)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("airgrid"))
        raise typer.Exit


@app.callback()
def options(
    show_version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="print the version and end")
    ] = False,
) -> None:
    """What stands before a command."""


app.command()(install)
app.command()(uninstall)
app.command()(backup)
app.command()(restore)
app.command()(status)
app.command()(release_documents)


@app.command()
def init(state: StateOption = None, db: DatabaseOption = None, config: ConfigOption = None) -> None:
    """Makes the state folder, the signing key and the tables. Changes nothing that is there.

    Example: `airgrid-fleet init --state /srv/fleet`
    """
    configuration = configured(state, db, config)
    new = state_folder.prepare(configuration.state)
    open_store(configuration.database_url).dispose()
    typer.echo("ready; the signing key is new" if new else "ready; the signing key is kept")


@app.command()
def run(
    state: StateOption = None,
    db: DatabaseOption = None,
    config: ConfigOption = None,
    host: Annotated[str | None, typer.Option(help="address to listen on; 127.0.0.1 unless set")] = None,
    port: Annotated[int | None, typer.Option(help="0: any free port; 8080 unless set")] = None,
) -> None:
    """Serves until stopped.

    Example: `airgrid-fleet run --state /srv/fleet --port 8080`
    """
    configuration = configured(state, db, config, host=host, port=port)
    clock = Clock()

    def monotonic_s() -> float:
        return clock.monotonic_ms() / 1000

    set_up("info", monotonic_s, OfRequest())
    logging.getLogger("alembic").setLevel(logging.WARNING)
    _hold_state(configuration, {} if state else configuration_files(config))
    check_free(configuration.host, configuration.port)
    application = build_application(configuration, clock)
    service: Service = application.state.service
    serve(application, configuration, monotonic_s, service.addresses, service.watch.stop)


@app.command()
def doctor(
    state: StateOption = None,
    db: DatabaseOption = None,
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="print everything as JSON")] = False,
) -> None:
    """Looks at state folder, signing key, database, port, TLS and certificate, clock and scripts of the page; says what to do about each
    fault. A note is no fault. Exit code 1: a fault.

    Example: `sudo airgrid-fleet doctor`
    """
    found = [Finding("configuration", "valid"), *findings(configured(state, db, config), Clock().utc_ms(), is_synchronised)]
    call = called_with(state, db, config)
    found = [replace(finding, advice=call.completed(finding.advice)) for finding in found]
    typer.echo(as_json_text(found) if as_json else "\n".join(as_lines(found)))
    if not all(finding.well for finding in found):
        raise typer.Exit(EXIT_FAULT)


def _hold_state(configuration: Configuration, files: dict[str, Path]) -> None:
    """Until this process ends nothing replaces the state. A record in a file has one service; services of PostgreSQL may share a state."""
    state = configuration.state
    state_folder.check(state)
    if is_unfinished(state):
        with StateLock(state).held():
            finish(Target(state, files))
    StateLock(state).hold(shared=configuration.database_file is None)


@token_app.command()
def create(
    name: Name,
    valid_days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="days until it expires; without it the token is valid until revoked")
    ] = None,
    role: RoleOption = ADMINISTRATOR,
    area: AreaOption = "",
    reason: ReasonOption = "",
    state: StateOption = None,
    db: DatabaseOption = None,
    config: ConfigOption = None,
) -> None:
    """Prints a new token, this once. Without a role it may do everything that the API offers.

    Example: `sudo -u airgrid-fleet airgrid-fleet token create anna --valid-days 90 --role operator --area 510104`
    """

    def work(connection: Connection, act: Act) -> str:
        expires_ms = None if valid_days is None else act.now_ms + valid_days * DAY_MS
        if area:
            require_area(connection, area)
        return admin_tokens.create_admin_token(connection, act, name, expires_ms, Grant(role, area))

    with opened_store(state, db, config) as engine:
        typer.echo(_write(engine, work, reason))


@token_app.command()
def revoke(
    name: Name, reason: ReasonOption = "", state: StateOption = None, db: DatabaseOption = None, config: ConfigOption = None
) -> None:
    """Ends a token. Its name is not given again.

    Example: `sudo -u airgrid-fleet airgrid-fleet token revoke anna --reason "her laptop was stolen"`
    """
    with opened_store(state, db, config) as engine:
        _write(engine, lambda connection, act: admin_tokens.revoke_admin_token(connection, act, name), reason)


@token_app.command("list")
def list_tokens(state: StateOption = None, db: DatabaseOption = None, config: ConfigOption = None) -> None:
    """Whose tokens there are, since and until when, and when each was used last (to the hour); also those that were ended.

    Example: `sudo -u airgrid-fleet airgrid-fleet token list`
    """
    table = Table("name", "may", "created (UTC)", "last used", "expires", "revoked")
    with opened_store(state, db, config) as engine, engine.connect() as connection:
        for token in admin_tokens.list_admin_tokens(connection):
            moments = token.created_ms, token.used_ms, token.expires_ms, token.revoked_ms
            never = "", "never", "never", ""
            table.add_row(
                token.name,
                grant_text(token.role, token.area),
                *(_moment(at_ms) if at_ms else word for at_ms, word in zip(moments, never, strict=True)),
            )
    Console().print(table)


def _moment(at_ms: int) -> str:
    # In two lines where the terminal is narrow.
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M:%S}"


def _write(engine: Engine, work: Any, reason: str) -> Any:
    with for_writing(engine).begin() as connection:
        return work(connection, Act(admin_tokens.CONSOLE, Clock().utc_ms(), storable(reason, REASON_CHARACTERS), "console"))
