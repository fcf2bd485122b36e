"""What SQLite and PostgreSQL report, in words of ours: what is wrong with the record, and what to do."""

import re
import sqlite3

from sqlalchemy.exc import SQLAlchemyError

from host.faults_in_words import DAMAGED, Words, of_sqlite, sqlite_code

PUT_BACK = "stop the service and put back a copy: airgrid-fleet restore COPY --replace"
_SQLITE_ADVICE: dict[int, str] = {
    **dict.fromkeys(DAMAGED, PUT_BACK),
    **dict.fromkeys(
        (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL),
        "wait until it is done, or end it (fuser -v names what has the file open), and try again",
    ),
    **dict.fromkeys(
        (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM),
        "see that file and folder belong to the user of the service, and that their disk is mounted writable",
    ),
    sqlite3.SQLITE_CANTOPEN: "see that its folder is there, that its disk is mounted writable, and that this user may write there",
    sqlite3.SQLITE_FULL: "free some space there",
    sqlite3.SQLITE_IOERR: "free some space there, and look at the kernel's log (dmesg): a disk that fails is to be replaced",
}
_OTHER_TABLES = f"see that it is the record of this service; if it is, {PUT_BACK}"
_POSTGRESQL_PLACE = "the option db"
_REFUSED_USER = Words("PostgreSQL refuses this user", f"correct user and password in {_POSTGRESQL_PLACE}; pg_hba.conf says who may connect")
_NO_DATABASE = Words("PostgreSQL has no database of this name", f"correct the name in {_POSTGRESQL_PLACE}, or make the database: createdb")
_NO_RIGHT = Words("this user may not use its database or tables in PostgreSQL", "make it the owner of the database and of its tables")
_STARTS = Words("PostgreSQL starts or stops just now", "try again in a minute, and look at its log")
_NO_PLACE = Words("PostgreSQL takes no more connections", "end programs that hold some (pg_stat_activity), or raise its max_connections")
_NO_ANSWER = Words(
    "PostgreSQL does not answer",
    f"see that it runs (systemctl status postgresql), and that host and port in {_POSTGRESQL_PLACE} are right",
)
_LOCKED = Words("another process has locked it", "wait until it is done, or end it (pg_stat_activity has all of them), and try again")
_DISK_FAILS = Words(
    "PostgreSQL cannot read or write its files", "look at its log and at the kernel's (dmesg): a disk that fails is to be replaced"
)
# SQLSTATE, or its class, the first two characters -> our words. https://www.postgresql.org/docs/current/errcodes-appendix.html
_BY_SQLSTATE: dict[str, Words] = {
    "08": _NO_ANSWER,
    "25006": Words("PostgreSQL takes no changes here", f"name the server that takes them in {_POSTGRESQL_PLACE}"),
    "28": _REFUSED_USER,
    "3D000": _NO_DATABASE,
    **dict.fromkeys(("40P01", "40001", "55P03"), _LOCKED),
    "42501": _NO_RIGHT,
    "53100": Words("the disk of PostgreSQL is full", "free some space there"),
    "53300": _NO_PLACE,
    "57014": Words("PostgreSQL took too long and was stopped", "try again, and look at what else it does: pg_stat_activity"),
    **dict.fromkeys(("57P01", "57P02", "57P03"), _STARTS),
    "58": _DISK_FAILS,
    "XX001": _DISK_FAILS,
    "XX002": _DISK_FAILS,
}
# A connection that was not made has no SQLSTATE in psycopg, only the words of libpq or of the server, here in lower case.
_WITHOUT_SQLSTATE: list[tuple[re.Pattern[str], Words]] = [
    (re.compile(r"permission denied for database"), _NO_RIGHT),
    (re.compile(r'authentication|no password supplied|pg_hba\.conf|role ".*" (does not exist|is not permitted)'), _REFUSED_USER),
    (re.compile(r'database ".*" does not exist'), _NO_DATABASE),
    (re.compile(r"starting up|shutting down|recovery mode|not yet accepting|administrator command"), _STARTS),
    (re.compile(r"too many (clients|connections)|remaining connection slots"), _NO_PLACE),
    (
        re.compile(
            r"failed to resolve|could not translate|connection refused|no such file|timeout|timed out|no route|unreachable"
            r"|closed the connection|connection reset|connection is (closed|lost)"
        ),
        _NO_ANSWER,
    ),
]


def in_words(error: SQLAlchemyError) -> Words:
    """Without secrets: neither the URL nor the values of a statement."""
    cause = getattr(error, "orig", None)
    if isinstance(cause, sqlite3.Error):
        return Words(of_sqlite(cause), _SQLITE_ADVICE.get(sqlite_code(cause), _OTHER_TABLES))
    said = str(cause or error).strip()
    known = _of_postgresql(getattr(cause, "sqlstate", None), said.lower())
    if known:
        return known
    first = (said.splitlines() or [type(error).__name__])[0]
    return Words(f"PostgreSQL reports: {first}", f"look at its log, and see that {_POSTGRESQL_PLACE} is right")


def _of_postgresql(sqlstate: str | None, said: str) -> Words | None:
    """By its SQLSTATE, whatever the language of the server; by what is said only where there is none."""
    if sqlstate:
        return _BY_SQLSTATE.get(sqlstate, _BY_SQLSTATE.get(sqlstate[:2]))
    return next((words for sign, words in _WITHOUT_SQLSTATE if sign.search(said)), None)
