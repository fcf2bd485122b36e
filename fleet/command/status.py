"""The command `status`: what the service shows of itself, whether it runs or not. Changes nothing."""

import http.client
import json
import ssl
from typing import Annotated, Any

import typer
from alembic.runtime.migration import MigrationContext
from sqlalchemy.exc import SQLAlchemyError

from fleet import state_folder
from fleet.clock import Clock
from fleet.command.called import called_with
from fleet.command.configured import ConfigOption, DatabaseOption, StateOption, configured
from fleet.configuration import document_hold
from fleet.devices.gateways import count_deliveries
from fleet.listening_places import Place, read_places
from fleet.options import Configuration
from fleet.store.dialect import new_reading_engine
from fleet.store.engine import newest_revision
from fleet.store.fault_words import in_words
from fleet.store.shown_url import shown_url
from host.release import shown
from host.release.shown import Database, Shown
from host.rights import as_owner_of
from host.state_lock import StateLock

_ANSWER_S = 10.0
_READ_S = 20.0
# An address to listen on -> one of this machine by which it is reached.
_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def status(
    state: StateOption = None,
    db: DatabaseOption = None,
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="print everything as JSON")] = False,
) -> None:
    """Whether the service runs and answers, how many deliveries of gateways it has committed, in which form its database is, and whether it
    holds documents back since an older record was put back.

    Works while it runs, and when not. Exit code 0: it could be looked at, whatever was found (`running` and `fault` of --json); 1: it could
    not.

    Example: `sudo airgrid-fleet status`
    """
    found = read_status(configured(state, db, config))
    if as_json:
        typer.echo(json.dumps(found, indent=1))
        return
    signs = found[shown.KEY]
    typer.echo(_life(found))
    typer.echo(f"deliveries committed: {'cannot be read' if signs['receipts'] is None else signs['receipts']}")
    version = signs["database"]["found"] or ("cannot be read" if found["fault"] else "none")
    typer.echo(f"database: {found['database']}, version {version}")
    if found["documents_held"]:
        typer.echo(f"documents held back from all gateways: the record is a {found['documents_held']}; see doctor")
    if found["fault"]:
        typer.echo(
            called_with(state, db, config).completed(
                f"the database cannot be used: {found['fault']} -> airgrid-fleet doctor says what to do"
            )
        )


def _life(found: dict[str, Any]) -> str:
    if not found["running"]:
        return "not running"
    if not found["listens_on"]:
        return "running, and does not listen: it starts or stops, or its state is being put back"
    where = ", ".join(found["listens_on"])
    return f"running on {where}" + ("" if found[shown.KEY]["started_ms"] else ", and does not answer")


def read_status(configuration: Configuration) -> dict[str, Any]:
    """Raises StateFolderError."""
    state_folder.check_as_owner(configuration.state)
    with as_owner_of(configuration.state):
        runs, listening = StateLock(configuration.state).is_held(), where_it_listens(configuration)
        found, receipts, held, fault = _read_database(configuration)
    file = configuration.database_file
    database = Database(str(file) if file else None, newest_revision(), found)
    signs = Shown(next(filter(None, map(started_ms, listening)), None), {}, receipts, database)
    return {
        "running": runs,
        "listens_on": [address(place) for place in listening],
        "database": shown_url(configuration.database_url),
        "fault": fault,
        "documents_held": held,
        shown.KEY: shown.to_document(signs),
    }


def _read_database(configuration: Configuration) -> tuple[str | None, int | None, str | None, str]:
    """(its revision, deliveries committed, of which copy it is while documents are held back, why it cannot be read).

    The count is None where it could not be read; of a form without it the revision is known all the same.
    """
    file = configuration.database_file
    if file is not None and not file.exists():
        return None, 0, None, ""
    revision = None
    engine = new_reading_engine(configuration.database_url, 1, _READ_S, Clock().monotonic_ms)
    try:
        with engine.connect() as connection:
            revision = MigrationContext.configure(connection).get_current_revision()
            if not revision:
                return None, 0, None, ""
            held = document_hold.held(connection)
            return revision, count_deliveries(connection), held.reason if held else None, ""
    except SQLAlchemyError as error:
        return revision, None, None, in_words(error).text
    finally:
        engine.dispose()


def where_it_listens(configuration: Configuration) -> list[Place]:
    """Of several services of one state, which PostgreSQL allows, the one first that is meant by the configuration."""
    return sorted(read_places(configuration.state), key=lambda place: place.port != configuration.port)


def address(place: Place) -> str:
    return f"[{place.host}]:{place.port}" if ":" in place.host else f"{place.host}:{place.port}"


def started_ms(place: Place) -> int | None:
    """As it says itself; None: it does not answer."""
    at = _EVERY_ADDRESS.get(place.host, place.host), place.port
    connection = http.client.HTTPConnection(*at, timeout=_ANSWER_S)
    if place.tls:
        # This very machine is asked: whose name the certificate bears does not matter here.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(*at, timeout=_ANSWER_S, context=context)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        return int(json.load(answer)["started_ms"]) if answer.status == http.HTTPStatus.OK else None
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
        return None
    finally:
        connection.close()
