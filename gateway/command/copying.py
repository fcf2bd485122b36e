"""The commands `backup`, `restore` and `resend`: what belongs to a copy of a gateway. How one is made and put back: host/copies."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway import configuration, identity_file
from gateway.command.cli_errors import DEFAULT_CONFIG, exit_on_fault, load_configuration, with_config
from gateway.command.export import moment_ms
from gateway.command.options import ConfigOption
from gateway.configuration import Configuration
from gateway.errors import NEW_CODE, ConfigurationError, StoreError
from gateway.installation.install_plan import SERVICE
from gateway.process import state_folder
from gateway.store.database import FILE_NAME, advice
from gateway.store.restored import prepare_restored
from gateway.store.sent_again import send_again
from gateway.time.clock import Clock
from gateway.version import VERSION
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

CONFIGURATION_NAME = "gateway.toml"


def backup(
    out: Annotated[Path | None, typer.Argument(help="file to write; airgrid-gateway-NAME-DATE.tar in this folder when absent")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Copies identity, buffer, pinned documents and configuration into one file, as of this moment, while the gateway runs. The file holds
    keys: only its owner can read it.

    Example: `sudo airgrid-gateway backup /media/usb/gw-east.tar`
    """
    settings = load_configuration(config)
    with exit_on_fault(config):
        state_folder.check(settings.state)
        name = identity_file.load(settings.state).gateway
        now_ms = Clock().utc_ms()
        target = (out or Path(f"{SERVICE}-{name}-{datetime.fromtimestamp(now_ms / 1000, UTC):%Y%m%dT%H%M%SZ}.tar")).absolute()
        origin = Origin(SERVICE, name, VERSION, settings.state, frozenset({LOCK_FILE}), {CONFIGURATION_NAME: config})
        with shown_progress() as progress:
            made = make_copy(origin, target, now_ms, progress)
    typer.echo(f"{target}: {size_text(target.stat().st_size)}, {len(made.files)} files of gateway {name}, read back and found whole")
    typer.echo("Keep it on another machine: it holds this gateway's token and the keys of its nodes.")


def restore(
    copy: Annotated[Path, typer.Argument(help="file that airgrid-gateway backup has written")],
    config: ConfigOption = DEFAULT_CONFIG,
    replace: Annotated[bool, typer.Option("--replace", help="also over an existing state, which is moved aside")] = False,
) -> None:
    """Puts a copy in the place of this gateway's state and configuration. Everything is checked first; a power cut leaves the old or the
    new. The gateway must not run.

    Example: `sudo systemctl stop airgrid-gateway`, then `sudo airgrid-gateway restore gw-east.tar`
    """
    with exit_on_fault(config):
        refuse_on_trial("gateway", "restore", Places())
        settings = load_configuration(config)
        state_folder.check(settings.state)
        reader = ArchiveReader(copy, SERVICE)
        target = Target(settings.state, {CONFIGURATION_NAME: config}, lambda state: _prepare(state, copy, settings))
        with StateLock(settings.state).held(), shown_progress() as progress:
            put_back(reader, target, Clock().utc_ms(), progress, replace=replace)
    made = datetime.fromtimestamp(reader.manifest.made_ms / 1000, UTC).isoformat(timespec="seconds")
    typer.echo(f"gateway {reader.manifest.name} is as it was at {made}. What it acknowledged later and had not sent is lost; the fleet's")
    typer.echo("ledger shows it as missing. What the fleet had already is recognised and counted once.")
    typer.echo(
        with_config("Next: start it, then airgrid-gateway doctor. If the fleet refuses the token (it was renewed after the copy),", config)
    )
    typer.echo(with_config(NEW_CODE, config))


def resend(
    begin: Annotated[str, typer.Option("--from", help="moment of arrival, with its offset, such as 2027-01-15T08:00Z")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Sends the fleet once more what the buffer still has of a time, for a fleet that was put back from an older copy; what it has already
    it recognises. The gateway must not run.

    Example: `sudo -u airgrid airgrid-gateway resend --from 2027-01-15T08:00Z`
    """
    settings = load_configuration(config)
    from_ms = moment_ms(begin, 0)
    path = settings.state / FILE_NAME
    with exit_on_fault(config):
        state_folder.check(settings.state)
        with StateLock(settings.state).held(), as_owner_of(settings.state):
            try:
                count = send_again(path, settings.buffer.budget_bytes, from_ms)
            except sqlite3.Error as error:
                raise StoreError(f"{path}: {error} -> {advice(error, path)}") from error
    typer.echo(f"{count} items will be sent again as soon as the gateway runs")


def prepare_copy(
    folder: Annotated[Path, typer.Argument(help="with the copy of the buffer")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Makes a copy of the buffer fit to take its place again. The return of an update calls it.

    Example: `sudo -u airgrid airgrid-gateway prepare-restored /var/lib/airgrid-gateway/before-0.2.0-0123abcd`
    """
    settings = load_configuration(config)
    with exit_on_fault(config):
        try:
            prepare_restored(folder, settings.buffer.budget_bytes)
        except sqlite3.Error as error:
            raise StoreError(f"{folder}: {error}") from error


def _prepare(state: Path, copy: Path, settings: Configuration) -> None:
    """What was extracted, before it counts. Raises CopyError, IdentityError: it could not be used."""
    identity_file.load(state)
    own = state.parent / "configuration" / CONFIGURATION_NAME
    if own.exists():
        _check_configuration(own, copy, settings)
    try:
        prepare_restored(state, settings.buffer.budget_bytes)
    except sqlite3.DatabaseError as error:
        raise CopyError(str(copy), f"its buffer cannot be used: {error}") from error


def _check_configuration(own: Path, copy: Path, settings: Configuration) -> None:
    try:
        made = configuration.load(own)
    except ConfigurationError as error:
        raise CopyError(str(copy), f"its configuration is not valid here: {'; '.join(error.faults)}") from error
    if made.state != settings.state:
        reason = f"its gateway keeps its state in {made.state}, this one in {settings.state} -> set [gateway] state to that, and try again"
        raise CopyError(str(copy), reason)
