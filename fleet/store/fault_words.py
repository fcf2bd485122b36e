"""What SQLite and PostgreSQL report, in words of ours: what is wrong with the record, and what to do."""

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
_POSTGRESQL_PLACE = "AIRGRID_FLEET_DB or --db"
# What the server or its library says -> our words. Looked at in this order, in lower case.
_POSTGRESQL: list[tuple[tuple[str, ...], Words]] = [
    (
        ("authentication", "no password supplied", "pg_hba.conf", "role "),
        Words("PostgreSQL refuses this user", f"correct user and password in {_POSTGRESQL_PLACE}; pg_hba.conf says who may connect"),
    ),
    (
        ('database "',),
        Words("PostgreSQL has no database of this name", f"correct the name in {_POSTGRESQL_PLACE}, or make the database: createdb"),
    ),
    (
        ("starting up", "shutting down", "recovery mode"),
        Words("PostgreSQL starts or stops just now", "try again in a minute, and look at its log"),
    ),
    (
        ("failed to resolve", "connection refused", "no such file", "timeout", "no route", "unreachable", "closed the connection"),
        Words(
            "PostgreSQL does not answer",
            f"see that it runs (systemctl status postgresql), and that host and port in {_POSTGRESQL_PLACE} are right",
        ),
    ),
    (
        ("permission denied",),
        Words("this user may not use its tables in PostgreSQL", "make it the owner of the database and of its tables"),
    ),
    (("read-only",), Words("PostgreSQL takes no changes here", f"name the server that takes them in {_POSTGRESQL_PLACE}")),
    (("no space left", "disk full"), Words("the disk of PostgreSQL is full", "free some space there")),
]


def in_words(error: SQLAlchemyError) -> Words:
    """Without secrets: neither the URL nor the values of a statement."""
    cause = getattr(error, "orig", None)
    if isinstance(cause, sqlite3.Error):
        return Words(of_sqlite(cause), _SQLITE_ADVICE.get(sqlite_code(cause), _OTHER_TABLES))
    said = str(cause or error).strip()
    for signs, words in _POSTGRESQL:
        if any(sign in said.lower() for sign in signs):
            return words
    first = (said.splitlines() or [type(error).__name__])[0]
    return Words(f"PostgreSQL reports: {first}", f"look at its log, and see that {_POSTGRESQL_PLACE} is right")
