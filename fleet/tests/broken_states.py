"""States of a fleet service that are not as they should be, as data: what was done to each, and what the commands have to say of it."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from fleet.configuration.signing import KEY_FILE
from fleet.state_folder import DATABASE_FILE

RESTORE = "restore COPY --replace"
COMMANDS = (
    "init", "run --port 0", "doctor", "status", "backup OUT", RESTORE, "release-documents",
    "token list", "token create bea", "token revoke ada", "audit verify",
)  # fmt: skip


class Broken(NamedTuple):
    """works: commands that end with 0 all the same. says, advice: in what all others report; "DIR" stands for the state folder. options:
    of each command."""

    do: Callable[[Path], object]
    says: str
    advice: str
    works: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


def record(state: Path) -> sqlite3.Connection:
    return sqlite3.connect(state / DATABASE_FILE, isolation_level=None)


def damage_bytes(begin: int, length: int | None = None) -> Callable[[Path], None]:
    """length: None: all that follow."""

    def damage(state: Path) -> None:
        path = state / DATABASE_FILE
        with path.open("r+b") as file:
            file.seek(begin)
            file.write(b"\xa5" * (length or path.stat().st_size - begin))

    return damage


def damage_table(name: str) -> Callable[[Path], None]:
    """The first page of the table and of each of its indexes: what a question reads first."""

    def damage(state: Path) -> None:
        with closing(record(state)) as connection:
            size = connection.execute("PRAGMA page_size").fetchone()[0]
            roots = [root for (root,) in connection.execute("SELECT rootpage FROM sqlite_master WHERE tbl_name = ?", (name,)) if root]
        assert roots
        for root in roots:
            damage_bytes((root - 1) * size, size)(state)

    return damage


def change(statement: str) -> Callable[[Path], None]:
    def do(state: Path) -> None:
        with closing(record(state)) as connection:
            connection.execute(statement)

    return do


def move_away(state: Path) -> None:
    state.rename(state.with_name("moved"))


def be_a_file(state: Path) -> None:
    move_away(state)
    state.touch()


def key_is_a_folder(state: Path) -> None:
    (state / KEY_FILE).unlink()
    (state / KEY_FILE).mkdir(0o700)


def nothing(state: Path) -> None:
    pass


def _damaged(do: Callable[[Path], object], *works: str) -> Broken:
    return Broken(
        do, "damaged", "stop the service and put back a copy: airgrid-fleet restore COPY --replace --state DIR", ("status", RESTORE, *works)
    )


_KEY_BACK = f"tar -xf COPY -C DIR --strip-components=1 state/{KEY_FILE}"
BROKEN = {
    "folder missing": Broken(move_away, "no such folder", "mount its disk, or make it: airgrid-fleet init --state DIR", ("init",)),
    "folder is a file": Broken(be_a_file, "not a folder", "move it away, or name another: --state"),
    "folder open to others": Broken(lambda state: state.chmod(0o755), "must be open to its owner only", "chmod 700 DIR"),
    "key missing": Broken(lambda state: (state / KEY_FILE).unlink(), KEY_FILE, _KEY_BACK, ("status", RESTORE, "audit verify")),
    "key damaged": Broken(
        lambda state: (state / KEY_FILE).write_text("00"), "is damaged", _KEY_BACK, ("init", "status", RESTORE, "audit verify")
    ),
    "key is a folder": Broken(
        key_is_a_folder, "a folder, where a file is expected", "name a file",
        ("init", "status", RESTORE, "audit verify"),
    ),
    "key open to others": Broken(
        lambda state: (state / KEY_FILE).chmod(0o644), "readable by its owner only", f"chmod 600 DIR/{KEY_FILE}",
        ("init", "status", RESTORE, "audit verify"),
    ),
    "record: first bytes": _damaged(damage_bytes(0, 4096)),
    "record: list of its tables": _damaged(damage_bytes(100, 3996)),
    "record: all but its first bytes": _damaged(damage_bytes(4096)),
    "record: cut": _damaged(lambda state: os.truncate(state / DATABASE_FILE, 20_000)),
    "record: where its form stands": _damaged(damage_table("alembic_version")),
    "record: list of changes": _damaged(damage_table("change"), "init", "token list"),
    "record: list of tokens": _damaged(damage_table("admin_token"), "init", "run --port 0", "release-documents", "audit verify"),
    "record: a text": _damaged(change("UPDATE alembic_version SET version_num = CAST(x'ff' AS TEXT)"), "backup OUT"),
    "record of a newer version": Broken(
        change("UPDATE alembic_version SET version_num = 'r9999'"), "version", "install the version that made it, or put back a copy",
        ("status", "backup OUT", RESTORE),
    ),
    "record of another program": Broken(
        change("ALTER TABLE change RENAME TO other"), "not as expected", "see that it is the record of this service",
        ("init", "doctor", "token list", "status", "backup OUT", RESTORE),
    ),
    "PostgreSQL away": Broken(
        nothing, "PostgreSQL does not answer", "see that it runs", ("status", "backup OUT"),
        ("--db", "postgresql+psycopg://fleet:d7Kq2w@127.0.0.1:1/x"),
    ),
    "no folder of the record": Broken(
        nothing, "it cannot be opened", "see that its folder is there", ("status", "doctor", "backup OUT"), ("--db", "sqlite:////nowhere/x.sqlite")
    ),
}  # fmt: skip
