"""A PostgreSQL of the test's own, in a temporary folder, reached through a socket there; only where its programs are installed."""

import grp
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from fleet.store.engine import open_store

TEMPLATE = "airgrid_template"


def server_programs() -> Path | None:
    """The folder of the newest installed server."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    return Path(on_path).parent if on_path else None


class Cluster:
    def __init__(self, folder: Path, programs: Path, user: str | None) -> None:
        self._folder = folder
        self._programs = programs
        self._user = user
        self._made = 0

    def start(self) -> None:
        options = f"-k {self._folder} -c listen_addresses='' -c fsync=off -c max_connections=200"
        self._control("-w", "-l", self._folder / "log", "-o", options, "start")

    def kill(self) -> None:
        """What it has committed is there when it is started again."""
        self._control("-m", "immediate", "stop")

    def _control(self, *arguments: object) -> None:
        _run(self._user, self._programs / "pg_ctl", "-D", self._folder / "data", *arguments)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://airgrid@/{database}?host={self._folder}"

    def new_database(self, template: str = TEMPLATE) -> str:
        """The URL of a new one with every migration applied."""
        self._made += 1
        return self.copy_of(template, f"airgrid_{self._made}")

    def copy_of(self, template: str, name: str) -> str:
        """Its URL."""
        # No log of what is copied: nobody puts this cluster back.
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return self.url(name)

    def drop(self, url: str) -> None:
        """So that a cluster in memory stays small."""
        self._execute(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def make_template(self) -> None:
        self._execute(f"CREATE DATABASE {TEMPLATE}")
        open_store(self.url(TEMPLATE)).dispose()

    def _execute(self, statement: str) -> None:
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


@contextmanager
def cluster() -> Iterator[Cluster]:
    programs = server_programs()
    assert programs is not None
    user = _unprivileged_user()
    with tempfile.TemporaryDirectory(prefix="airgrid-pg-") as name:
        folder = Path(name)
        if user is not None:
            shutil.chown(folder, user)
        _run(user, programs / "initdb", "-D", folder / "data", "-U", "airgrid", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C")
        made = Cluster(folder, programs, user)
        made.start()
        try:
            made.make_template()
            yield made
        finally:
            made.kill()


def _unprivileged_user() -> str | None:
    # PostgreSQL refuses to run as root.
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _run(user: str | None, *command: object) -> None:
    subprocess.run([*_becoming(user), *(str(part) for part in command)], check=True, cwd="/", stdout=subprocess.DEVNULL, timeout=60)


def _becoming(user: str | None) -> list[str]:
    # With the right to pass folders: a minimal machine's root folder may be closed to everybody but root.
    if user is None:
        return []
    group = grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name
    right = "+dac_read_search"
    # The secure bit: else access(2), by which initdb looks for its programs, does not count the right.
    passing = ["--securebits=+no_setuid_fixup", f"--bounding-set=-all,{right}", f"--inh-caps={right}", f"--ambient-caps={right}"]
    return ["setpriv", "--reuid", user, "--regid", group, "--clear-groups", *passing]
