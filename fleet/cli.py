"""The command airgrid-fleet: makes the state folder, hands out admin tokens, runs the service. Prints what people need; decides nothing."""

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from fleet import state_folder
from fleet.application import build_application
from fleet.clock import Clock
from fleet.errors import FleetError
from fleet.options import Configuration
from fleet.people import admin_tokens
from fleet.people.audit import Act
from fleet.store.dialect import for_writing
from fleet.store.engine import open_store

CONSOLE = "console"

app = typer.Typer(help="The fleet service of a district.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
token_app = typer.Typer(help="Tokens of the admin API.", no_args_is_help=True)
app.add_typer(token_app, name="token")

State = Annotated[Path, typer.Option("--state", help="state folder: database and signing key")]
Database = Annotated[str | None, typer.Option("--db", help="database URL; a file in the state folder when absent")]
Name = Annotated[str, typer.Argument(help="whom the token is for; recorded with everything it does")]


def main() -> None:
    try:
        app()
    except FleetError as error:
        raise SystemExit(f"airgrid-fleet: {error}") from None


@app.command()
def init(state: State, db: Database = None) -> None:
    """Makes the state folder, the signing key and the tables. Changes nothing that is there."""
    new = state_folder.prepare(state)
    open_store(_configuration(state, db).database_url).dispose()
    typer.echo("ready; the signing key is new" if new else "ready; the signing key is kept")


@app.command()
def run(
    state: State,
    db: Database = None,
    host: Annotated[str | None, typer.Option(help="address to listen on; 127.0.0.1 unless set")] = None,
    port: Annotated[int | None, typer.Option(help="0: any free port; 8080 unless set")] = None,
) -> None:
    """Serves until stopped."""
    configuration = _configuration(state, db, host=host, port=port)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    uvicorn.run(
        build_application(configuration, Clock()),
        host=configuration.host,
        port=configuration.port,
        ssl_certfile=configuration.tls_certificate,
        ssl_keyfile=configuration.tls_key,
        access_log=False,
        proxy_headers=configuration.behind_tls_proxy,
        server_header=False,
        timeout_graceful_shutdown=5,
    )


@token_app.command()
def create(name: Name, state: State, db: Database = None) -> None:
    """Prints a new token, this once."""
    typer.echo(_write(state, db, lambda connection, act: admin_tokens.create_admin_token(connection, act, name)))


@token_app.command()
def revoke(name: Name, state: State, db: Database = None) -> None:
    """Ends a token. Its name is not given again."""
    _write(state, db, lambda connection, act: admin_tokens.revoke_admin_token(connection, act, name))


@token_app.command("list")
def list_tokens(state: State, db: Database = None) -> None:
    """Whose tokens there are, and since when; also those that were ended."""
    table = Table("name", "created (UTC)", "revoked (UTC)")
    with _store(state, db).connect() as connection:
        for token in admin_tokens.list_admin_tokens(connection):
            table.add_row(token.name, _moment(token.created_ms), _moment(token.revoked_ms) if token.revoked_ms else "")
    Console().print(table)


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")


def _write(state: Path, db: str | None, work: Any) -> Any:
    with for_writing(_store(state, db)).begin() as connection:
        return work(connection, Act(CONSOLE, Clock().utc_ms()))


def _store(state: Path, db: str | None) -> Engine:
    state_folder.check(state)
    return open_store(_configuration(state, db).database_url)


def _configuration(state: Path, db: str | None, **given: Any) -> Configuration:
    # What is not given on the command line comes from the environment, else it has its default.
    named = {"state": state, "db": db, **given}
    try:
        return Configuration(**{name: value for name, value in named.items() if value is not None})
    except ValidationError as error:
        faults = [(".".join(map(str, fault["loc"])), fault["msg"].removeprefix("Value error, ")) for fault in error.errors()]
        described = "; ".join(f"{where}: {what}" if where else what for where, what in faults)
        raise SystemExit(f"airgrid-fleet: {described}") from None
