"""What a command advises can be pasted where it was typed: it keeps the options by which the command found its service."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from fleet.command.called import called
from fleet.command.configured import configured
from fleet.errors import ConfigurationError
from fleet.store.dialect import new_engine
from fleet.store.fault_words import in_words
from fleet.store.shown_url import has_password, shown_url
from fleet.tests.postgresql import cluster, server_programs
from host.faults_in_words import Words

CALLS = [
    ("run --state nothere", "make it: airgrid-fleet init", "make it: airgrid-fleet init --state nothere"),
    ("run --state=a", "airgrid-fleet restore COPY --replace; then", "airgrid-fleet restore COPY --replace --state a; then"),
    ("doctor --config /c/fleet.toml", "airgrid-fleet doctor says", "airgrid-fleet doctor --config /c/fleet.toml says"),
    ("run", "airgrid-fleet doctor says what", "airgrid-fleet doctor says what"),
    ("run --state", "airgrid-fleet doctor", "airgrid-fleet doctor"),
    ("token list --db sqlite:///x --state a", "airgrid-fleet restore COPY", "airgrid-fleet restore COPY --state a"),
    ("token list --db postgresql://u:pw@h/x", "airgrid-fleet doctor", "AIRGRID_FLEET_DB=… airgrid-fleet doctor"),
    (
        "token list --db postgresql://h/x?password=pw --state a",
        "see airgrid-fleet doctor",
        "see AIRGRID_FLEET_DB=… airgrid-fleet doctor --state a",
    ),
    ("token list --db postgresql://u:p:w@h/x", "airgrid-fleet doctor", "AIRGRID_FLEET_DB=… airgrid-fleet doctor"),
    (
        "token list --db postgresql://u@h/x?sslmode=require",
        "airgrid-fleet run",
        "airgrid-fleet run --db 'postgresql://u@h/x?sslmode=require'",
    ),
    ("run --db postgresql://u:pw@h/x", "airgrid-fleet restore COPY --replace", "airgrid-fleet restore COPY --replace"),
    ("token list --state a", "End it: airgrid-fleet token revoke NAME", "End it: airgrid-fleet token revoke NAME --state a"),
    ("run --state a", "airgrid-fleet init --state OTHER", "airgrid-fleet init --state OTHER"),
    ("run --state a", "airgrid-fleet install, systemctl start airgrid-fleet", "airgrid-fleet install, systemctl start airgrid-fleet"),
    ("run --state a", "sudo -u airgrid-fleet airgrid-fleet status.", "sudo -u airgrid-fleet airgrid-fleet status --state a."),
]


@pytest.mark.parametrize(("call", "advice", "completed"), CALLS)
def test_an_advice_keeps_the_options_of_the_call(call: str, advice: str, completed: str) -> None:
    assert called(call.split()).completed(advice) == completed


def test_an_option_with_a_space_can_be_pasted() -> None:
    assert called(["run", "--state", "my fleet"]).completed("airgrid-fleet init") == "airgrid-fleet init --state 'my fleet'"


WRONG = [
    ("port", 80800, "port: must be a whole number, at least 0, at most 65535; it is '80800'"),
    ("port", -1, "port: must be a whole number, at least 0, at most 65535; it is '-1'"),
    ("port", "abc", "port: must be a whole number, at least 0, at most 65535; it is 'abc'"),
    ("behind_tls_proxy", "perhaps", "behind_tls_proxy: must be true or false; it is 'perhaps'"),
    ("nosuch", "1", "nosuch: there is no such option -> remove it, or correct its name: docs/configuration.md has them all"),
    ("time_zone", "Mars", "time_zone: must be the name of a time zone, such as Asia/Shanghai or UTC"),
]


@pytest.mark.parametrize(("option", "value", "says"), WRONG)
def test_a_wrong_option_is_named_with_what_is_allowed(option: str, value: object, says: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as raised:
        configured(tmp_path, None, None, **{option: value})
    assert raised.value.faults == [says]


WRONG_URLS = [
    ("mysql://u:secret@h/x", "must begin with"),
    ("u:secret@h/x", "must be a database URL"),
    ("postgresql+psycopg://u:se:cret@secret:port/x", "must be a database URL"),
    ("postgresql+psycopg://u:a@secret@h/x", "write"),
    ("postgresql+psycopg://u:a@b/secret@h/x", "write"),
]


@pytest.mark.parametrize(("url", "says"), WRONG_URLS)
def test_a_wrong_url_of_the_database_does_not_show_its_password(url: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as raised:
        configured(tmp_path, url)
    assert says in str(raised.value) and "cret" not in str(raised.value)


PLAIN = "postgresql+psycopg://u@/x?host=/run/pg&port=5433&sslmode=require"
SHOWN = [
    (PLAIN, PLAIN, False),
    ("sqlite:////srv/fleet@home/x.sqlite", "sqlite:////srv/fleet@home/x.sqlite", False),
    ("postgresql+psycopg://u:secret@h:5433/x", "postgresql+psycopg://u@h:5433/x", True),
    ("postgresql+psycopg://u:@h/x", "postgresql+psycopg://u@h/x", True),
    *(
        (f"postgresql+psycopg://u@h/x?{name}=secret&sslmode=require&{name}=secret", "postgresql+psycopg://u@h/x?sslmode=require", True)
        for name in ("password", "PASSWORD", "pass%77ord", "sslpassword", "passfile", "oauth_client_secret")
    ),
]


@pytest.mark.parametrize(("url", "shown", "secret"), SHOWN)
def test_a_url_is_shown_without_its_passwords(url: str, shown: str, secret: bool) -> None:
    assert make_url(shown_url(url)) == make_url(shown) and has_password(url) == secret
    assert "secret" not in shown_url(url)


@pytest.mark.parametrize("command", ["doctor", "status", "token list", "backup copy.tar"])
def test_no_command_prints_a_password_of_the_query(command: str, tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert run_fleet(tmp_path, "init", "--state", str(state)).returncode == 0
    url = f"postgresql+psycopg://u@/x?host={tmp_path}&password=d7Kq2w&sslpassword=d7Kq2w"
    ended = run_fleet(tmp_path, *command.split(), "--state", str(state), "--db", url)
    assert ended.stdout + ended.stderr and "d7Kq2w" not in ended.stdout + ended.stderr


def run_fleet(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "fleet", *words]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(program, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


def sqlite_error(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("words of SQLite")
    error.sqlite_errorcode = code
    return error


OF_A_RECORD = [
    (sqlite_error(sqlite3.SQLITE_CORRUPT | 1 << 8), "damaged", "restore COPY --replace"),
    (sqlite_error(sqlite3.SQLITE_BUSY), "another process has locked it", "fuser"),
    (sqlite_error(sqlite3.SQLITE_READONLY), "it cannot be written", "mounted writable"),
    (sqlite_error(sqlite3.SQLITE_FULL), "its disk is full", "free some"),
    (sqlite_error(sqlite3.SQLITE_IOERR_WRITE), "its disk fails, or is full", "dmesg"),
    (psycopg.OperationalError('connection failed: FATAL:  password authentication failed for user "x"'), "refuses this user", "password"),
    (psycopg.OperationalError('connection failed: FATAL:  database "x" does not exist'), "no database of this name", "createdb"),
    (psycopg.OperationalError("connection failed: Connection refused\nIs the server running?"), "does not answer", "see that it runs"),
    (psycopg.OperationalError("FATAL:  the database system is starting up"), "starts or stops", "in a minute"),
    (psycopg.OperationalError('FATAL:  permission denied for database "fleet"'), "may not use its database", "owner"),
    (psycopg.OperationalError('FATAL:  role "authority" does not exist'), "refuses this user", "password"),
    (psycopg.OperationalError("FATAL:  sorry, too many clients already"), "no more connections", "max_connections"),
    (psycopg.errors.ConnectionTimeout("connection timeout expired"), "does not answer", "see that it runs"),
    (psycopg.OperationalError("something\nelse"), "PostgreSQL reports: something", "look at its log"),
]


# Its words are those of a server that speaks another language, with signs of other faults in them.
OF_A_SERVER = [
    ("08006", "does not answer"),
    ("25006", "takes no changes here"),
    ("28P01", "refuses this user"),
    ("28000", "refuses this user"),
    ("3D000", "no database of this name"),
    ("40P01", "another process has locked it"),
    ("40001", "another process has locked it"),
    ("55P03", "another process has locked it"),
    ("42501", "may not use its database or tables"),
    ("53100", "disk of PostgreSQL is full"),
    ("53300", "no more connections"),
    ("57014", "took too long"),
    ("57P01", "starts or stops"),
    ("57P03", "starts or stops"),
    ("58030", "cannot read or write its files"),
    ("XX001", "cannot read or write its files"),
    ("42703", "PostgreSQL reports: 错误"),
]


@pytest.mark.parametrize(("sqlstate", "says"), OF_A_SERVER)
def test_a_fault_of_a_server_is_known_by_its_sqlstate(sqlstate: str, says: str) -> None:
    cause = psycopg.errors.lookup(sqlstate)('错误: database "x" does not exist, timeout, role "x" is not permitted, starting up')
    words = in_words(OperationalError("SELECT 1", {}, cause))
    assert says in words.text and words.advice


@pytest.mark.parametrize(("cause", "says", "advice"), OF_A_RECORD, ids=lambda part: str(part)[:30])
def test_what_a_database_reports_is_said_in_our_words(cause: Exception, says: str, advice: str) -> None:
    error: SQLAlchemyError = OperationalError("SELECT 1", {}, cause)
    words = in_words(error)
    assert says in words.text and advice in words.advice and "words of SQLite" not in " ".join(words)


# name: (role, database, statements before, the statement that fails, words of what is said)
REAL: dict[str, tuple[str, str, list[str], str, str]] = {
    "another database": ("airgrid", "nosuch", [], "", "no database of this name"),
    "another user": ("nobody", "postgres", [], "", "refuses this user"),
    "a database that this user may not enter": ("weak", "closed", [], "", "may not use its database"),
    "a table of another": ("weak", "postgres", [], "SELECT * FROM held", "may not use its database or tables"),
    "a lock": ("airgrid", "postgres", ["SET lock_timeout = 1"], "LOCK held", "another process has locked it"),
    "a slow statement": ("airgrid", "postgres", ["SET statement_timeout = 1"], "SELECT pg_sleep(60)", "took too long"),
    "a standby": ("airgrid", "postgres", ["SET transaction_read_only = on"], "CREATE TABLE x ()", "takes no changes here"),
    "an end": ("airgrid", "postgres", [], "SELECT pg_terminate_backend(pg_backend_pid())", "starts or stops"),
}


@pytest.mark.hil
@pytest.mark.skipif(server_programs() is None, reason="no PostgreSQL server is installed")
def test_what_a_real_server_reports_is_said_in_our_words() -> None:
    with cluster() as running, closing(create_engine(running.url("postgres"), isolation_level="AUTOCOMMIT").raw_connection()) as raw:
        admin = raw.driver_connection
        assert admin is not None
        for statement in ("CREATE ROLE weak LOGIN", "CREATE DATABASE closed", "REVOKE CONNECT ON DATABASE closed FROM PUBLIC"):
            admin.execute(statement)
        admin.execute("CREATE TABLE held ()")
        admin.execute("BEGIN; LOCK held IN ACCESS SHARE MODE")
        for name, (role, database, before, fails, says) in REAL.items():
            url = running.url(database).replace("airgrid@", f"{role}@")
            assert says in _fault(url, [*before, fails]).text, name


def _fault(url: str, statements: list[str]) -> Words:
    engine = new_engine(url)
    try:
        with pytest.raises(SQLAlchemyError) as raised, engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
    finally:
        engine.dispose()
    return in_words(raised.value)
