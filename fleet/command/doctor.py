"""What `airgrid-fleet doctor` finds: each finding says whether it is well, and if not, what to do. Changes nothing."""

import os
import shutil
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from cryptography import x509
from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError

from fleet import state_folder
from fleet.command.status import address, started_ms, where_it_listens
from fleet.configuration import document_hold
from fleet.configuration.signing import load_signing_key
from fleet.errors import FleetError, ListeningError, PageFilesError, StateFolderError
from fleet.http.listening_place import check_free
from fleet.listening_places import Place
from fleet.options import Configuration
from fleet.pages.served_files import require_served_files
from fleet.store.dialect import SQLITE, new_engine
from fleet.store.engine import MIGRATIONS, UNKNOWN_FORM
from fleet.store.fault_words import PUT_BACK, in_words
from fleet.store.shown_url import shown_url
from host.certificates import expiry_finding
from host.findings import Finding, size_text
from host.rights import as_owner_of
from host.state_lock import StateLock

_LEAST_FREE_BYTES = 2_000_000_000
_FIRST_UTC_MS = 1_767_225_600_000  # 2026-01-01: a clock before this product was made is wrong
_RUN_AS_OWNER = "run as root, or as the user of the service: sudo -u airgrid-fleet airgrid-fleet doctor"


def findings(configuration: Configuration, now_ms: int, synchronised: Callable[[], bool]) -> list[Finding]:
    state = configuration.state
    found = [_state(state)]
    if not found[0].well:
        return [*found, *_certificate(configuration, now_ms), _clock(now_ms, synchronised())]
    with as_owner_of(state):
        found += [_key(state), _database(configuration), *_documents(configuration), *_listening(configuration, StateLock(state).is_held())]
    return [*found, _transport(configuration), *_certificate(configuration, now_ms), _clock(now_ms, synchronised()), *_scripts()]


def _state(state: Path) -> Finding:
    try:
        state_folder.check_as_owner(state)
    except StateFolderError as error:
        return _finding("state", error)
    free = shutil.disk_usage(state).free
    if free < _LEAST_FREE_BYTES:
        return Finding("state", f"{state}: {size_text(free)} free", f"free some: below {size_text(_LEAST_FREE_BYTES)} the record may stop")
    return Finding("state", f"{state}: its owner's only, {size_text(free)} free")


def _key(state: Path) -> Finding:
    try:
        return Finding("signing key", load_signing_key(state).id)
    except StateFolderError as error:
        return _finding("signing key", error)


def _finding(subject: str, error: FleetError) -> Finding:
    text, _, advice = str(error).partition(" -> ")
    return Finding(subject, text, advice)


def _database(configuration: Configuration) -> Finding:
    url = make_url(configuration.database_url)
    shown = shown_url(configuration.database_url)
    if url.get_backend_name() == SQLITE and not Path(url.database or "").exists():
        return Finding("database", f"{shown}: none yet", "airgrid-fleet init", is_note=True)
    engine = new_engine(configuration.database_url)
    try:
        with engine.connect() as connection:
            version = MigrationContext.configure(connection).get_current_revision()
            verdict = connection.execute(text("PRAGMA quick_check(1)")).scalar() if url.get_backend_name() == SQLITE else "ok"
    except SQLAlchemyError as error:
        words = in_words(error)
        return Finding("database", f"{shown}: {words.text}", words.advice)
    finally:
        engine.dispose()
    if verdict != "ok":
        return Finding("database", f"{shown}: it is damaged", PUT_BACK)
    return _version(shown, version)


def _documents(configuration: Configuration) -> Iterator[Finding]:
    url = make_url(configuration.database_url)
    if url.get_backend_name() == SQLITE and not Path(url.database or "").exists():
        return
    engine = new_engine(configuration.database_url)
    try:
        with engine.connect() as connection:
            held = document_hold.held(connection)
    except SQLAlchemyError:  # which is a finding of its own
        return
    finally:
        engine.dispose()
    if held is not None:
        advice = (
            "register and correct what changed since then (nodes, boards, gateways, retired things, tokens: broken.md), then: "
            "airgrid-fleet release-documents"
        )
        yield Finding("documents", f"held back from all gateways, since the record is a {held.reason}", advice, is_note=True)


def _version(shown: str, version: str | None) -> Finding:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    known = {script.revision for script in scripts.walk_revisions()}
    if version is not None and version not in known:
        return Finding("database", f"{shown}: made by a newer version ({version})", UNKNOWN_FORM)
    if version != scripts.get_current_head():
        return Finding("database", f"{shown}: of an older version ({version})", "it is brought up to date by the next start", is_note=True)
    return Finding("database", f"{shown}: sound, version {version}")


def _listening(configuration: Configuration, runs: bool) -> Iterator[Finding]:
    places = where_it_listens(configuration)
    if places:
        yield from map(_answering, places)
    elif runs:
        advice = "ask again in a minute; if it stays so, its log says why: journalctl -u airgrid-fleet"
        yield Finding("port", "the service does not listen: it starts or stops, or its state is being put back", advice, is_note=True)
    else:
        yield _free(configuration.host, configuration.port)


def _answering(place: Place) -> Finding:
    if started_ms(place) is None:
        advice = "its log says why (journalctl -u airgrid-fleet); start it again: sudo systemctl restart airgrid-fleet"
        return Finding("port", f"{address(place)}: the service listens there, and does not answer", advice)
    return Finding("port", f"{address(place)}: with the service, which answers")


def _free(host: str, port: int) -> Finding:
    try:
        check_free(host, port)
    except ListeningError as error:
        return _finding("port", error)
    return Finding("port", f"{host}:{port}: free")


def _transport(configuration: Configuration) -> Finding:
    if configuration.tls_certificate is not None:
        return Finding("transport", "TLS")
    if configuration.behind_tls_proxy:
        return Finding("transport", "plain HTTP behind a proxy that ends TLS")
    advice = "for other machines: airgrid-fleet install --certificate FILE --key FILE, or a proxy that ends TLS"
    return Finding("transport", "plain HTTP, this machine only", advice, is_note=True)


def _certificate(configuration: Configuration, now_ms: int) -> Iterator[Finding]:
    path, key = configuration.tls_certificate, configuration.tls_key
    if path is None or key is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path, key, password="")
        certificate = x509.load_pem_x509_certificates(path.read_bytes())[0]
    except (OSError, ValueError) as error:
        advice = "give both again: airgrid-fleet install --certificate FILE --key FILE" if os.access(path, os.R_OK) else _RUN_AS_OWNER
        yield Finding("certificate", f"{path}, {key}: {error}", advice)
        return
    yield expiry_finding(str(path), certificate.not_valid_after_utc.timestamp(), now_ms)


def _clock(now_ms: int, synchronised: bool) -> Finding:
    if now_ms < _FIRST_UTC_MS:
        return Finding("clock", "it is years behind", "set it, and start a time service: apt-get install systemd-timesyncd")
    if not synchronised:
        advice = "start a time service: apt-get install systemd-timesyncd; gateways without one take the time from here"
        return Finding("clock", "not synchronised, by the kernel's word", advice, is_note=True)
    return Finding("clock", "synchronised")


def _scripts() -> Iterator[Finding]:
    try:
        require_served_files()
    except PageFilesError as error:
        yield Finding(
            "page", f"its scripts are missing: {', '.join(error.names)}", "install airgrid from its bundle; from a checkout: make setup"
        )
