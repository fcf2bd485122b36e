"""The commands `backup`, `restore` and `release-documents`: what belongs to a copy of the fleet service. How copies are made and put back:
host/copies."""

import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from fleet import state_folder
from fleet.clock import Clock
from fleet.command.called import called_with
from fleet.command.configured import ConfigOption, DatabaseOption, StateOption, configured
from fleet.configuration import document_hold
from fleet.configuration.signing import load_signing_key
from fleet.errors import FleetError, MigrationError
from fleet.installation.install_plan import CERTIFICATE, KEY, SERVICE
from fleet.option_file import FILE, read_options
from fleet.options import Configuration
from fleet.people import admin_tokens
from fleet.people.audit import REASON_CHARACTERS, Act
from fleet.state_folder import DATABASE_FILE
from fleet.store.dialect import for_writing
from fleet.store.engine import open_store, sqlite_url
from fleet.store.fault_words import in_words
from fleet.store.shown_url import shown_url
from fleet.store.storable import storable
from host.copies.archive import ArchiveReader
from host.copies.making import Origin, make_copy
from host.copies.putting_back import Target, put_back
from host.copies.terminal import shown_progress
from host.errors import CopyError
from host.findings import size_text
from host.installation.program_removal import refuse_on_trial
from host.release.places import Places
from host.rights import as_owner_of
from host.state_lock import FILE_NAME as LOCK_FILE
from host.state_lock import StateLock

_CONSOLE = "console"


def configuration_files(file: Path | None) -> dict[str, Path]:
    """What belongs to the configuration of an installed service, by name; empty: it runs without a file."""
    own = file or (FILE if FILE.exists() else None)
    return {path.name: own.with_name(path.name) for path in (FILE, CERTIFICATE, KEY)} | {FILE.name: own} if own else {}


def backup(
    out: Annotated[Path | None, typer.Argument(help="file to write; airgrid-fleet-DATE.tar in this folder when absent")] = None,
    state: StateOption = None,
    db: DatabaseOption = None,
    config: ConfigOption = None,
) -> None:
    """Copies record, signing key and configuration into one file, as of this moment, while the service runs. The file holds keys: only its
    owner can read it. Of PostgreSQL it says how to copy the database.

    Example: `sudo airgrid-fleet backup /media/usb/fleet.tar`
    """
    configuration = configured(state, db, config)
    state_folder.check_as_owner(configuration.state)
    with as_owner_of(configuration.state):
        load_signing_key(configuration.state)
    now_ms = Clock().utc_ms()
    target = (out or Path(f"{SERVICE}-{datetime.fromtimestamp(now_ms / 1000, UTC):%Y%m%dT%H%M%SZ}.tar")).absolute()
    files = {} if state else configuration_files(config)
    origin = Origin(SERVICE, "fleet", version("airgrid"), configuration.state, frozenset({LOCK_FILE}), files)
    with shown_progress() as progress:
        made = make_copy(origin, target, now_ms, progress)
    typer.echo(f"{target}: {size_text(target.stat().st_size)}, {len(made.files)} files, read back and found whole")
    if configuration.db and not _is_sqlite(configuration.db):
        url = shlex.quote(shown_url(configuration.db, "postgresql"))
        typer.echo(f"The record is in PostgreSQL and not in this file. Copy it too: pg_dump --format=custom --file=fleet.dump {url}")
    typer.echo("Keep it on another machine: it holds the key that gateways trust and the keys of all nodes.")


def restore(
    copy: Annotated[Path, typer.Argument(help="file that airgrid-fleet backup has written")],
    state: StateOption = None,
    config: ConfigOption = None,
    replace: Annotated[bool, typer.Option("--replace", help="also over an existing state, which is moved aside")] = False,
) -> None:
    """Puts a copy in the place of record, signing key and configuration. Everything is checked first; a power cut leaves the old or the
    new. The service must not run. Gateways get no documents of it until `airgrid-fleet release-documents`.

    Example: `sudo systemctl stop airgrid-fleet`, then `sudo airgrid-fleet restore fleet.tar --replace`
    """
    if state is None:
        refuse_on_trial("fleet", "restore", Places())
    configuration = configured(state, None, config)
    reader = ArchiveReader(copy, SERVICE)
    now_ms = Clock().utc_ms()
    made = datetime.fromtimestamp(reader.manifest.made_ms / 1000, UTC).isoformat(timespec="seconds")
    state_folder.check_as_owner(configuration.state)
    act = Act(_CONSOLE, now_ms, f"copy of {made}", "console")
    target = Target(configuration.state, {} if state else configuration_files(config), partial(_prepare, copy, configuration, act))
    with StateLock(configuration.state).held(), shown_progress() as progress:
        if configuration.db and not _is_sqlite(configuration.db):
            _hold_elsewhere(configuration.db, act)
        put_back(reader, target, now_ms, progress, replace=replace)
    call, start = called_with(state, None, config), f"sudo systemctl start {SERVICE}" if state is None else f"{SERVICE} run"
    for line in _next_steps(made, _valid_tokens(configuration, now_ms), start):
        typer.echo(call.completed(line))


def _next_steps(made: str, tokens: list[str], start: str) -> Iterator[str]:
    yield f"The fleet is as it was at {made}; the list of changes says so. What came later is lost here, and gateways may still have it:"
    yield f"  at each gateway   systemctl stop airgrid-gateway; airgrid-gateway resend --from {made}; systemctl start airgrid-gateway"
    yield (
        "  gateways that renewed their token since then are refused (401): give each a new code, and there: airgrid-gateway enrol --again"
    )
    yield "  nodes, boards, gateways, sites, tokens and settings made since then are unknown: register and set them again"
    yield "  what was retired or revoked since then is back: retire and revoke it again"
    yield f"Admin tokens that are valid now: {', '.join(tokens) or 'none'}. End those that had been: airgrid-fleet token revoke NAME"
    yield "Gateways get no documents until all that is right again, and you say so: airgrid-fleet release-documents"
    yield f"Next: airgrid-fleet doctor, then {start}"


def release_documents(
    reason: Annotated[str, typer.Option(help="why, for the record of changes")] = "",
    state: StateOption = None,
    db: DatabaseOption = None,
    config: ConfigOption = None,
) -> None:
    """Lets gateways have desired documents again, which a restored fleet holds back: an older record would take away nodes that it does not
    know. First register and correct what changed since the copy: nodes, boards, gateways, retired things, tokens.

    Example: `sudo -u airgrid-fleet airgrid-fleet release-documents`
    """
    configuration = configured(state, db, config)
    state_folder.check(configuration.state)
    act = Act(_CONSOLE, Clock().utc_ms(), storable(reason, REASON_CHARACTERS), "console")
    signing_key = load_signing_key(configuration.state)
    engine = open_store(configuration.database_url)
    try:
        with for_writing(engine).begin() as connection:
            released = document_hold.release(connection, act, signing_key)
    finally:
        engine.dispose()
    typer.echo("gateways get their documents with their next question, within half a minute" if released else "no documents are held back")


def _is_sqlite(url: str) -> bool:
    return make_url(url).get_backend_name() == "sqlite"


def _hold_elsewhere(url: str, act: Act) -> None:
    """In a record that is not part of the copy: it has been put back by its own means."""
    try:
        _record_restored(url, act)
    except (SQLAlchemyError, MigrationError) as error:
        raise CopyError(shown_url(url), f"first put the record back there (pg_restore): {_reason(error)}") from error


def _valid_tokens(configuration: Configuration, now_ms: int) -> list[str]:
    with as_owner_of(configuration.state):
        engine = open_store(configuration.database_url)
        try:
            with engine.connect() as connection:
                listed = admin_tokens.list_admin_tokens(connection)
        finally:
            engine.dispose()
    return [one.name for one in listed if one.revoked_ms is None and (one.expires_ms is None or one.expires_ms > now_ms)]


def _prepare(copy: Path, configuration: Configuration, act: Act, state: Path) -> None:
    """What was extracted, before it counts. Raises CopyError: it could not be used."""
    try:
        load_signing_key(state)
        own = state.parent / "configuration" / FILE.name
        if own.exists():
            _check_state(read_options(own).get("state"), configuration.state, copy)
        if (state / DATABASE_FILE).exists():
            _record_restored(sqlite_url(state / DATABASE_FILE), act)
    except (FleetError, SQLAlchemyError) as error:
        raise CopyError(str(copy), f"this version cannot use it; nothing was changed: {_reason(error)} -> name another copy") from error


def _reason(error: Exception) -> str:
    """What is wrong only: what helps against it helps the record in use."""
    return in_words(error).text if isinstance(error, SQLAlchemyError) else str(error).partition(" -> ")[0]


def _record_restored(url: str, act: Act) -> None:
    engine = open_store(url)
    try:
        with for_writing(engine).begin() as connection:
            document_hold.begin(connection, act)
    finally:
        engine.dispose()


def _check_state(named: str | None, state: Path, copy: Path) -> None:
    if named is not None and Path(named) != state:
        raise CopyError(
            str(copy), f"its service keeps its state in {named}, this one in {state} -> set the option state to that, and try again"
        )
