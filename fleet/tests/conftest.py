"""Every test of the API runs on SQLite, and on PostgreSQL too where a server is installed."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from fleet.tests.district import District, open_district
from fleet.tests.postgresql import Cluster, cluster, server_programs

_NO_SERVER = pytest.mark.skipif(server_programs() is None, reason="no PostgreSQL server here")
STORES = ["sqlite", pytest.param("postgresql", marks=[pytest.mark.hil, _NO_SERVER])]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    with cluster() as running:
        yield running


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture(params=STORES)
def db(request: pytest.FixtureRequest) -> str | None:
    """None: the SQLite file of the state folder."""
    if request.param == "sqlite":
        return None
    running: Cluster = request.getfixturevalue("postgresql")
    return running.new_database()


@pytest.fixture
async def district(state: Path, db: str | None) -> AsyncIterator[District]:
    async with open_district(state, db) as opened:
        yield opened
