"""Every test of the API runs on SQLite, and on PostgreSQL too where a server is installed."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from fleet import state_folder
from fleet.people.admin_tokens import create_admin_token
from fleet.people.audit import Act
from fleet.state_folder import DATABASE_FILE
from fleet.store.dialect import for_writing, new_engine
from fleet.store.engine import open_store, sqlite_url
from fleet.tests.background_bench import Bench
from fleet.tests.district import START_MS, District, Kept, keep_district, kept_in_a_file, open_kept
from fleet.tests.live import Client, LiveFleet
from fleet.tests.postgresql import TEMPLATE, Cluster, cluster, server_programs

_NO_SERVER = pytest.mark.skipif(server_programs() is None, reason="no PostgreSQL server here")
# Of the cluster: the database that a test with a `district` gets a copy of.
DISTRICT = "airgrid_district"
ON_POSTGRESQL = [pytest.mark.hil, _NO_SERVER]
STORES = ["sqlite", pytest.param("postgresql", marks=ON_POSTGRESQL)]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    with cluster() as running:
        yield running


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture(scope="session")
def kept_in_postgresql(postgresql: Cluster) -> Kept:
    return keep_district(postgresql.copy_of(TEMPLATE, DISTRICT))


@pytest.fixture(params=STORES)
def db(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """None: the SQLite file of the state folder. With every migration applied; where a test has a `district`, with that in it."""
    if request.param == "sqlite":
        yield None
        return
    running: Cluster = request.getfixturevalue("postgresql")
    has_district = "district" in request.fixturenames and request.getfixturevalue("kept_in_postgresql")
    made = running.new_database(DISTRICT if has_district else TEMPLATE)
    yield made
    running.drop(made)


@pytest.fixture
async def district(request: pytest.FixtureRequest, state: Path, db: str | None) -> AsyncIterator[District]:
    kept = kept_in_a_file() if db is None else request.getfixturevalue("kept_in_postgresql")
    async with open_kept(kept, state, db) as opened:
        yield opened


@pytest.fixture
def bench(tmp_path: Path, db: str | None) -> Iterator[Bench]:
    engine = open_store(db or sqlite_url(tmp_path / "x.sqlite"))
    made = Bench(engine)
    made.writer.start()
    yield made
    made.writer.stop()
    engine.dispose()


@pytest.fixture
def options() -> dict[str, str]:
    """Of the environment of the process."""
    return {}


@pytest.fixture
def fleet(tmp_path: Path, db: str | None, options: dict[str, str]) -> Iterator[LiveFleet]:
    state_folder.prepare(tmp_path / "state")
    made = LiveFleet(tmp_path / "state", db, options)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def client(fleet: LiveFleet, tmp_path: Path, db: str | None) -> Client:
    engine = new_engine(db or sqlite_url(tmp_path / "state" / DATABASE_FILE))
    with for_writing(engine).begin() as connection:
        token = create_admin_token(connection, Act("console", START_MS), "ada")
    engine.dispose()
    made = Client(fleet.url, token)
    made.set_up()
    return made
